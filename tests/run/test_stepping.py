"""A step runs from its stored inputs to its stored outputs, as dvc.yaml wires it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nbprod.errors import NbprodError, ProjectBroken, SchemaViolated, StepFailed, UsageError, WriteFailed
from nbprod.run import step
from nbprod.values import load

STEPS = ("load", "clean", "split", "train", "evaluate")


def run(project, *steps, **options):
    return [step(f"flights.{each}", root=project.root, **options) for each in steps]


def test_the_whole_flow_runs_step_by_step(project):
    before = Path.cwd(), list(sys.path), os.environ.get("MPLBACKEND")
    runs = run(project, *STEPS)
    assert sorted(project.files()) == [
        "data/clean/flown.parquet",
        "data/evaluate/metrics.json",
        "data/evaluate/roc.csv",
        "data/load/flights.parquet",
        "data/split/frames+train.joblib",
        "data/split/share.json",
        "data/train/model.joblib",
    ]
    assert load(project.root / "data/clean/flown.parquet")["late"].tolist() == [True, False, False, True, True]
    assert [(each.name, each.path) for each in runs[2].outputs] == [
        ("frames", "data/split/frames+train.joblib"),
        ("train", "data/split/frames+train.joblib"),
        ("share", "data/split/share.json"),
    ]
    assert runs[1].outputs[0].summary == "5 × 3"
    assert runs[1].seconds > 0
    assert (Path.cwd(), list(sys.path), os.environ.get("MPLBACKEND")) == before


def test_parameters_come_from_params_yaml_as_dvc_sets_them(project):
    project.edit("params.yaml", "late_after: 30", "late_after: 0")
    run(project, "load", "clean")
    assert load(project.root / "data/clean/flown.parquet")["late"].sum() == 4


def test_another_data_folder_leaves_the_project_alone(project, tmp_path):
    run(project, "load")
    run(project, "clean", "split", data=tmp_path / "other")
    assert list(project.files()) == ["data/load/flights.parquet"]
    made = sorted(each.relative_to(tmp_path / "other").as_posix() for each in (tmp_path / "other").rglob("*.*"))
    assert made == ["clean/flown.parquet", "split/frames+train.joblib", "split/share.json"]


def test_an_output_that_dvc_yaml_moved_is_stored_and_found_there(project):
    project.edit("dvc.yaml", "data/train/model.joblib", "models/model.joblib")
    run(project, *STEPS)
    assert (project.root / "models/model.joblib").is_file()


def test_a_step_that_returns_nothing_may_write_its_own_file(project):
    project.write("flights/steps/clean.py", "def clean() -> None:\n    open('report.txt', 'w').write('done')\n")
    project.edit("dvc.yaml", "    - data/clean/flown.parquet\n  split", "    - notebooks/report.txt\n  split")
    project.edit("dvc.yaml", "      - data/load/flights.parquet\n      - flights/schemas/clean.py", "      - a.txt")
    assert run(project, "clean")[0].outputs == ()
    project.write("flights/steps/clean.py", "def clean() -> None:\n    pass\n")
    (project.root / "notebooks/report.txt").unlink()
    with pytest.raises(ProjectBroken, match=r"neither returns 'report' nor writes that file. It returns nothing"):
        run(project, "clean")


def test_a_step_may_write_a_file_of_its_own_beside_what_it_returns(project):
    project.edit("dvc.yaml", "      - data/load/flights.parquet\n  clean", "      - data/load/flights.parquet\n"
                 "      - data/load/seen.csv\n  clean")  # fmt: skip
    project.write("data/load/seen.csv", "left from before")
    with pytest.raises(ProjectBroken, match=r"makes data/load/seen\.csv, but flights\.load neither returns 'seen' nor"):
        run(project, "load")
    project.edit(
        "flights/steps/load.py", "    return", "    open('../data/load/seen.csv', 'w').write('new')\n    return"
    )
    assert [each.name for each in run(project, "load")[0].outputs] == ["flights"]


def test_a_file_that_a_step_writes_itself_may_have_a_values_name(project):
    project.edit("dvc.yaml", "      - data/split/share.json\n", "      - data/split/share.json\n"
                 "      - notebooks/out/train.csv\n      - notebooks/share.png\n")  # fmt: skip
    project.edit("dvc.yaml", "      - flights/steps/train.py", "      - flights/steps/train.py\n"
                 "      - notebooks/out/train.csv\n      - notebooks/frames.csv")  # fmt: skip
    project.write("notebooks/frames.csv", "raw")
    project.edit("flights/steps/split.py", "    return", "    import os\n    os.makedirs('out', exist_ok=True)\n"
                 "    train.to_csv('out/train.csv')\n    open('share.png', 'w').close()\n    return")  # fmt: skip
    runs = run(project, "load", "clean", "split", "train")
    assert [each.name for each in runs[2].outputs] == ["frames", "train", "share"]
    assert (project.root / "notebooks/share.png").read_text() == ""


def test_a_parameter_is_its_own_value_though_a_file_has_its_name(project):
    project.write("notebooks/late_after.csv", "minutes\n1000\n")
    project.edit("dvc.yaml", "      - flights/steps/clean.py", "      - flights/steps/clean.py\n"
                 "      - notebooks/late_after.csv")  # fmt: skip
    run(project, "load", "clean")
    assert load(project.root / "data/clean/flown.parquet")["late"].sum() == 3


def test_an_unannotated_function_may_return_what_dvc_yaml_names(project):
    project.write("flights/steps/split.py", """
        from collections import namedtuple

        def split(flown, share=0.5):
            return namedtuple("Both", "frames train share")([flown], flown, share)
        """)  # fmt: skip
    run(project, "load", "clean", "split")
    assert load(project.root / "data/split/share.json") == 0.5
    project.edit("flights/steps/split.py", "return", "nothing =")
    with pytest.raises(ProjectBroken, match=r"flights\.split did not return 'frames'"):
        run(project, "split")


def test_of_two_files_that_hold_a_name_the_one_made_last_feeds_it(project):
    run(project, "load", "clean", "split")
    project.edit("dvc.yaml", "      - data/train/model.joblib\n      - flights/steps/evaluate.py",
                 "      - data/train/frames.json\n      - flights/steps/evaluate.py")  # fmt: skip
    project.edit("dvc.yaml", "outs:\n      - data/train/model.joblib", "outs:\n      - data/train/frames.json")
    project.write("flights/steps/train.py", "def train(frames, train) -> list:\n    return ['later']\n")
    project.write("flights/steps/evaluate.py", """
        from typing import NamedTuple

        class Both(NamedTuple):
            metrics: dict
            roc: list

        def evaluate(frames, train) -> Both:
            return Both({"later": len(frames), "train": len(train)}, [1.0])
        """)  # fmt: skip
    project.edit("dvc.yaml", "roc.csv", "roc.json")
    run(project, "train", "evaluate")
    assert load(project.root / "data/evaluate/metrics.json") == {"later": 1, "train": 2}
    project.edit(
        "dvc.yaml", "frames+train.joblib\n      - data/train", "train.json\n      - other/frames.json\n      - x"
    )
    project.edit("dvc.yaml", "      - x/frames.json", "      - more/frames.json")
    with pytest.raises(
        ProjectBroken, match=r"two dependencies of stage 'evaluate' feed 'frames': other/frames\.json an"
    ):
        run(project, "evaluate")


def edited(path, old, new, error, message, *, steps=("load", "clean")):
    return pytest.param(path, old, new, error, message, steps, id=message[:40])


FAULTS = [
    edited("dvc.yaml", "stages:", "stages: [", ProjectBroken, r"dvc\.yaml, line \d+ is not valid YAML"),
    edited("dvc.yaml", "stages:", "steps:", ProjectBroken, r"no mapping called 'stages'"),
    edited("dvc.yaml", "flights.clean", "flights.cleen", ProjectBroken, r"Did you mean flights\.cleen\?"),
    edited("dvc.yaml", "clean/flown.parquet", "clean/flwn+x.parquet", ProjectBroken, "returns one value"),
    edited("dvc.yaml", "data/load/flights.parquet\n      - flights/schemas/c", "x/flihts.parquet\n      - c",
           ProjectBroken, "feeds the argument 'flights' of flights.clean. Did you mean flihts"),
    edited("params.yaml", "late_after: 30", "late_after: soon", ProjectBroken,
           r"params\.yaml: flights\.late_after is 'soon' \(str\), but int is wanted"),
    edited("params.yaml", "late_after: 30", "late: 30", ProjectBroken, r"flights\.late_after is missing"),
    edited("flights/steps/clean.py", "def clean(", "def cleaned(", ProjectBroken, "no function 'clean'. Did you mean"),
    edited("flights/steps/clean.py", "import DataFrame\n", "import DataFrame\nimport nowhere\n", StepFailed,
           r"raised ModuleNotFoundError at flights/steps/clean\.py, line 4"),
    edited("flights/steps/clean.py", '["arr_delay"])', '["arr_dela"])', StepFailed,
           r"step 'clean' raised KeyError at flights/steps/clean\.py, line 11 \(cells 4 and 5 of notebooks/flights"),
    edited("flights/steps/clean.py", "    return flown", "    raise SystemExit(3)", StepFailed, "raised SystemExit"),
    edited("flights/steps/clean.py", "    return flown", "    return flown.query('late > 7')['late']", SchemaViolated,
           r"pandas frame is wanted"),
    edited("flights/steps/clean.py", 'flown["late"] =', 'flown["origin"] = 1; flown["late"] =', SchemaViolated,
           r"output 'flown' breaks its schema Flown"),
    edited("notebooks/raw.csv", "JFK,-3", "XXX,-3", SchemaViolated, r"origin: 1 × isin.* row 1: XXX"),
    edited("flights/__init__.py", "notebooks/", "gone/", ProjectBroken, r"gone is missing, the folder of gone/flights"),
    edited("flights/steps/clean.py", "DataFrame[Flights]", '"DataFrame[Fligts]"', ProjectBroken, "'Fligts' is not def"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "old", "new", "error", "message", "steps"), FAULTS)
def test_a_fault_says_what_and_where_and_keeps_the_previous_outputs(project, path, old, new, error, message, steps):
    run(project, "load", "clean")
    kept = project.files()
    project.edit(path, old, new)
    with pytest.raises(error, match=message):
        run(project, *steps)
    assert project.files() == kept


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        ("flights", UsageError, r"'flights' names no step\. Write PACKAGE\.STEP"),
        ("flights.claen", ProjectBroken, r"nbprod step flights\.claen`\. Did you mean flights\.clean"),
        ("x.y", ProjectBroken, "no stage"),
    ],
)
def test_a_wrong_target_is_named_with_the_nearest(project, target, error, message):
    with pytest.raises(error, match=message):
        step(target, root=project.root)


def test_a_missing_input_names_the_stage_that_makes_it(project):
    with pytest.raises(ProjectBroken, match=r"data/load/flights\.parquet is missing\. Run `dvc repro load` first"):
        run(project, "clean")


def test_a_missing_dvc_yaml_says_so(tmp_path):
    with pytest.raises(ProjectBroken, match=r"has no dvc\.yaml"):
        step("flights.clean", root=tmp_path)


def test_a_missing_package_names_the_nearest(project):
    project.edit("dvc.yaml", "step flights.load", "step fligths.load")
    with pytest.raises(ProjectBroken, match=r"has no package 'fligths'\. Did you mean flights"):
        step("fligths.load", root=project.root)


def test_a_field_that_the_step_does_not_return_is_named(project):
    project.edit("dvc.yaml", "data/split/share.json", "data/split/shar.json")
    run(project, "load", "clean")
    with pytest.raises(ProjectBroken, match=r"split neither returns 'shar' nor writes that file\. Did you mean share"):
        run(project, "split")


def test_a_value_of_another_kind_no_longer_fits_its_file(project):
    run(project, "load", "clean")
    project.edit("flights/steps/split.py", "share=share", "share=train")
    with pytest.raises(ProjectBroken, match=r"'share' can no longer be stored as share\.json, only as share\.parquet"):
        run(project, "split")
    assert "data/split/frames+train.joblib" not in project.files()


def test_a_file_in_place_of_the_folder_is_a_write_that_failed(project):
    run(project, "load")
    project.write("data/clean", "a file")
    with pytest.raises(WriteFailed, match=r"data/clean.*move it away"):
        run(project, "clean")


def test_what_a_killed_run_left_is_swept_away(project):
    left = project.root / "data/load/.nbprod-999999999-abc/half"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    run(project, "load")
    assert list(project.files()) == ["data/load/flights.parquet"]


def test_every_error_is_of_our_tree():
    assert all(issubclass(each, NbprodError) for each in (ProjectBroken, SchemaViolated, StepFailed, WriteFailed))
