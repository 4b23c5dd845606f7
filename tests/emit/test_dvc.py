"""dvc.yaml, params.yaml and .dvcignore: ours beside what stands there, a person's edits kept, accepted by DVC."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.emit import yamls
from nbprod.emit.export import files
from nbprod.emit.values import as_yaml
from nbprod.errors import ProjectBroken
from nbprod.model.graph import Parameter
from nbprod.model.notebook import Mark
from nbprod.model.record import ColumnSeen, FrameSeen, Record, StepSeen, ValueSeen

LIMIT = Parameter("limit", "int", "3", "int", "the border")


@pytest.fixture
def two_steps(mini):
    mini.parameters = (LIMIT,)
    mini.step("load", "rows = [1, 2]", makes=("rows",))
    mini.step("sum_up", "total = sum(rows) + limit", reads=("rows",), makes=("total",), parameters=("limit",))
    return mini


def seen(step, *names, **more):
    outputs = tuple(ValueSeen(name, "list", format="json") for name in names)
    return StepSeen(step, "", outputs=outputs, **more)


RECORD = Record("notebooks/mini.ipynb", "", "", steps=(seen("load", "rows"), seen("sum_up", "total")))


def export(mini, standing=None, base=None, record=RECORD):
    return files(mini.graph, record, package="mini", samples={}, standing=standing or {}, base=base or {})


def shared(emitted):
    """What stands after an export, and what the next one takes as base."""
    standing = {each.path: each.text for each in emitted.files if not each.path.endswith(".py")}
    base = {each.path: each.base.decode() for each in emitted.files if each.base}
    return standing, base


def stages(text):
    return yamls.plain(yamls.parse(text, "dvc.yaml"))["stages"]


def test_a_stage_says_what_it_reads_and_makes(two_steps):
    standing, _ = shared(export(two_steps))
    assert stages(standing["dvc.yaml"])["sum_up"] == {
        "desc": "Sum up (notebooks/mini.ipynb, cell 20)",
        "cmd": "nbprod step mini.sum_up",
        "deps": ["data/load/rows.json", "mini/steps/sum_up.py"],
        "params": ["mini.limit"],
        "outs": ["data/sum_up/total.json"],
    }
    assert standing["params.yaml"] == "mini:\n  limit: 3 # the border\n"
    assert standing[".dvcignore"] == "__pycache__\n*.pyc\n.nbprod\n"


THEIRS = """\
# how we run things
stages:
    prepare:   # ours since 2019
        cmd: python prepare.py
        outs:
        - prepared.csv
plots:
- prepared.csv
"""


def test_what_stands_there_stays_with_its_comments_and_indentation(two_steps):
    standing, base = shared(export(two_steps, {"dvc.yaml": THEIRS, "params.yaml": "seed: 1  # fixed\n"}))
    text = standing["dvc.yaml"]
    kept, _, rest = text.partition("    load:\n")
    assert kept == THEIRS.partition("plots:")[0]
    assert rest.endswith("plots:\n- prepared.csv\n")
    assert standing["params.yaml"].startswith("seed: 1  # fixed\nmini:\n")
    again, _ = shared(export(two_steps, standing, base))
    assert again == standing


EDITS = {
    "a dependency more": ("      - mini/steps/sum_up.py\n", "      - mini/steps/sum_up.py\n      - notes.txt\n"),
    "a dependency less": ("      - mini/steps/sum_up.py\n", ""),
    "other words": ("Sum up (notebooks/mini.ipynb, cell 20)", "What we sum up"),
    "another way to run": ("cmd: nbprod step mini.sum_up", "cmd: uv run nbprod step mini.sum_up"),
    "frozen": ("    cmd: nbprod step mini.sum_up\n", "    cmd: nbprod step mini.sum_up\n    frozen: true\n"),
    "no cache": ("      - data/sum_up/total.json\n", "      - data/sum_up/total.json:\n          cache: false\n"),
    "a comment": ("  sum_up:\n", "  sum_up:  # the point of it all\n"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_a_person_changed_in_our_stage_is_kept(edit, two_steps):
    standing, base = shared(export(two_steps))
    old, new = EDITS[edit]
    assert standing["dvc.yaml"].count(old) == 1
    edited = {**standing, "dvc.yaml": standing["dvc.yaml"].replace(old, new)}
    after, _ = shared(export(two_steps, edited, base))
    assert after["dvc.yaml"] == edited["dvc.yaml"]
    # and when the notebook changes, both changes are there
    two_steps.step("last", "end = total", reads=("total",), makes=("end",))
    later, _ = shared(export(two_steps, edited, base))
    assert new in later["dvc.yaml"]
    assert "nbprod step mini.last" in later["dvc.yaml"]


def test_a_new_input_reaches_an_edited_stage(two_steps):
    standing, base = shared(export(two_steps))
    old, new = EDITS["a dependency more"]
    edited = {**standing, "dvc.yaml": standing["dvc.yaml"].replace(old, new)}
    steps = (RECORD.steps[0], seen("sum_up", "total", files_read=("lib/more.csv", "/etc/passwd", "../up.csv")))
    after, _ = shared(export(two_steps, edited, base, Record("", "", "", steps=steps)))
    assert stages(after["dvc.yaml"])["sum_up"]["deps"] == [
        "data/load/rows.json", "lib/more.csv", "mini/steps/sum_up.py", "notes.txt"
    ]  # fmt: skip


def test_a_folder_that_a_step_or_a_later_one_fills_is_none_of_its_dependencies(two_steps):
    steps = (
        seen("load", "rows", files_read=("late", "parts", "raw"), files_written=("parts/one/a.csv",)),
        seen("sum_up", "total", files_read=("late", "parts"), files_written=("late/b.csv",)),
    )
    standing, _ = shared(export(two_steps, record=Record("", "", "", steps=steps)))
    deps = {name: each["deps"] for name, each in stages(standing["dvc.yaml"]).items()}
    assert deps == {
        "load": ["mini/steps/load.py", "raw"],
        "sum_up": ["data/load/rows.json", "mini/steps/sum_up.py", "parts"],
    }


def test_the_stage_of_a_step_that_is_gone_goes_unless_it_was_edited(two_steps, mini):
    standing, base = shared(export(two_steps))
    mini.steps.pop()
    after = export(mini, standing, base)
    assert list(stages(shared(after)[0]["dvc.yaml"])) == ["load"]
    edited = {**standing, "dvc.yaml": standing["dvc.yaml"].replace("desc: Sum up", "desc: My sum")}
    kept = export(mini, edited, base)
    assert list(stages(shared(kept)[0]["dvc.yaml"])) == ["load", "sum_up"]
    assert "NB406" in [each.code for each in kept.diagnostics]


def test_another_notebooks_stages_are_left_alone(two_steps):
    other = "stages:\n  report:\n    cmd: nbprod step other.report\n"
    base = {"dvc.yaml": '{"stages": {"report": {"cmd": "nbprod step other.report"}}}'}
    standing, after = shared(export(two_steps, {"dvc.yaml": other}, base))
    assert list(stages(standing["dvc.yaml"])) == ["report", "load", "sum_up"]
    assert list(stages(after["dvc.yaml"])) == ["report", "load", "sum_up"]


def test_a_lost_base_loses_nothing(two_steps):
    standing, _ = shared(export(two_steps))
    edited = {**standing, "dvc.yaml": standing["dvc.yaml"].replace("desc: Sum up", "desc: My sum")}
    for base in ({}, {"dvc.yaml": "<<<<<<< no JSON", "params.yaml": "[1]"}):
        after, _ = shared(export(two_steps, edited, base))
        assert after == edited


def test_a_stage_that_is_not_ours_is_never_overwritten(two_steps):
    theirs = "stages:\n  load:\n    cmd: python load.py\n"
    made = export(two_steps, {"dvc.yaml": theirs})
    assert stages(shared(made)[0]["dvc.yaml"])["load"] == {"cmd": "python load.py"}
    (found,) = [each for each in made.diagnostics if each.code == "NB403"]
    assert "'load'" in found.message
    assert found.cell == 10


BROKEN = {
    "no YAML": ("dvc.yaml", 'stages:\n  a:\n    cmd: "x\n', "dvc.yaml, line"),
    "a list": ("dvc.yaml", "- a\n", "dvc.yaml is no mapping"),
    "stages a list": ("dvc.yaml", "stages:\n- a\n", "'stages' is no mapping"),
    "twice the same key": ("dvc.yaml", "stages:\n  a: {cmd: x}\n  a: {cmd: y}\n", "dvc.yaml, line"),
    "params no YAML": ("params.yaml", "a: [1\n", "params.yaml, line"),
    "params a text": ("params.yaml", "just words\n", "params.yaml is no mapping"),
    "our section a number": ("params.yaml", "mini: 3\n", "'mini' is no mapping"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_used_is_refused(case, two_steps):
    path, text, said = BROKEN[case]
    with pytest.raises(ProjectBroken, match=said):
        export(two_steps, {path: text})


@pytest.mark.parametrize("text", ["", "\n", "# only words\n", "stages:\n", "stages: {}\n"])
def test_an_empty_file_is_no_obstacle(text, two_steps):
    standing, _ = shared(export(two_steps, {"dvc.yaml": text, "params.yaml": text.replace("stages", "other")}))
    assert list(stages(standing["dvc.yaml"])) == ["load", "sum_up"]
    assert "limit: 3" in standing["params.yaml"]
    assert ("# only words" in standing["dvc.yaml"]) == ("# only words" in text)


def test_values_that_a_person_gave_a_parameter_are_kept(two_steps, mini):
    standing, base = shared(export(two_steps))
    edited = {**standing, "params.yaml": "mini:\n  limit: 5 # tried\n"}
    mini.parameters = (Parameter("limit", "int", "4"), Parameter("rate", "float", "0.5"))
    after, _ = shared(export(mini, edited, base))
    assert after["params.yaml"] == "mini:\n  limit: 5 # tried\n  rate: 0.5\n"
    untouched, _ = shared(export(mini, standing, base))
    assert untouched["params.yaml"] == "mini:\n  limit: 4 # the border\n  rate: 0.5\n"
    mini.parameters = ()
    gone, _ = shared(export(mini, standing, base))
    assert "limit" not in gone.get("params.yaml", "")


VALUES = {
    "-1.5": -1.5,
    "1e-5": 1e-5,
    "2 ** 10": 1024,
    "True": True,
    '"no"': "no",
    '{"a": (1, 2)}': {"a": [1, 2]},
    "{3, 1}": [1, 3],
    'pd.Timestamp("2013-01-01")': "2013-01-01",
    "datetime(2013, 1, 1, 12)": "2013-01-01T12:00:00",
    'Path("..") / "data" / "x.csv"': "../data/x.csv",
    "frozenset([1])": [1],
    "dict(a=1)": {"a": 1},
    "make()": "make()",
}


@pytest.mark.parametrize("default", VALUES)
def test_a_default_as_yaml_and_back(default):
    assert as_yaml(default) == VALUES[default]
    assert yamls.plain(yamls.parse(yamls.dump({"x": as_yaml(default)}), "x")) == {"x": VALUES[default]}


@pytest.mark.parametrize(
    ("columns", "drawn"),
    [
        (
            {"false_alarms": "float", "caught": "float"},
            {"template": "simple", "x": "false_alarms", "x_label": "false alarms", "y": "caught", "title": "the roc"},
        ),
        (
            {"shop": "str", "sold": "int"},
            {"template": "bar_horizontal", "x": "sold", "y": "shop", "title": "the roc"},
        ),
        ({"day": "datetime", "sold": "int"}, {}),
        ({"a": "int", "b": "str"}, {}),
        ({"a": "int", "b": "int", "c": "int"}, {}),
        ({"a": "int"}, {}),
        ({"": "int", "b": "int"}, {}),
    ],
)
def test_a_plot_of_two_columns_says_how_it_is_drawn(mini, columns, drawn):
    mini.step("load", "x = 1", makes=("the_roc",), mark=Mark("load", plots=("the_roc",)))
    frame = FrameSeen(
        "pandas", 3, tuple(ColumnSeen(name, kind, kind, nullable=False) for name, kind in columns.items())
    )
    value = ValueSeen("the_roc", "pandas.DataFrame", frame=frame)
    record = Record("", "", "", steps=(StepSeen("load", "", outputs=(value,)),))
    standing, _ = shared(export(mini, record=record))
    (plot,) = stages(standing["dvc.yaml"])["load"]["plots"]
    assert plot == {"data/load/the_roc.csv": {"cache": False, **drawn}}


def test_metrics_plots_shared_objects_and_files(mini):
    mark = Mark("load", metrics=("score",), plots=("curve",))
    mini.step("load", "x = 1", makes=("a", "b", "score", "curve"), mark=mark)
    mini.step("use", "y = a", reads=("a",), makes=("y",))
    made = seen("load", "a", "b", "score", "curve", together=(("a", "b"),), files_written=("out/log.txt",))
    record = Record("", "", "", steps=(made, seen("use", "y", files_read=("out/log.txt",))))
    standing, _ = shared(export(mini, record=record))
    found = stages(standing["dvc.yaml"])
    uncached = {"cache": False}
    assert found["load"]["outs"] == ["data/load/a+b.joblib", {"out/log.txt": {"cache": False, "persist": True}}]
    assert found["load"]["metrics"] == [{"data/load/score.json": uncached}]
    assert found["load"]["plots"] == [{"data/load/curve.json": uncached}]
    assert found["use"]["deps"] == ["data/load/a+b.joblib", "mini/steps/use.py", "out/log.txt"]


@pytest.mark.slow
def test_dvc_accepts_the_stages_and_runs_them(two_steps, tmp_path):
    root = two_steps.project(tmp_path)
    settings = {**os.environ, "DVC_SITE_CACHE_DIR": str(tmp_path / "site"), "DVC_NO_ANALYTICS": "1",
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}  # fmt: skip

    def dvc(*words):
        command = [sys.executable, "-m", "dvc", *words]
        done = subprocess.run(command, cwd=root, env=settings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    dvc("init", "--no-scm", "--quiet")
    assert "nbprod" not in dvc("stage", "list", "--name-only").replace("mini", "")
    dvc("repro")
    assert (root / "data" / "sum_up" / "total.json").read_text().strip() == "6"
    assert "up to date" in dvc("status")
    # A step that fails leaves what it made last.
    module = root / "mini" / "steps" / "sum_up.py"
    module.write_text(module.read_text().replace("sum(rows)", "sum(rows) / 0"))
    subprocess.run([sys.executable, "-m", "dvc", "repro"], cwd=root, env=settings, capture_output=True, check=False)
    assert (root / "data" / "sum_up" / "total.json").read_text().strip() == "6"
