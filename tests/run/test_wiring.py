"""dvc.yaml is the wiring."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from nbprod.errors import ProjectBroken
from nbprod.run import wiring
from nbprod.run.commands import target
from nbprod.run.wiring import ParameterKey, Stored


def parsed(text: str, root: Path = Path("nowhere")) -> wiring.Wiring:
    return wiring.parse(dedent(text), root)


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("nbprod step flights.clean", "flights.clean"),
        ("python -m nbprod step flights.clean", "flights.clean"),
        ("uv run nbprod step flights.clean --json", "flights.clean"),
        ("PYTHONHASHSEED=0 .venv/bin/nbprod step flights.clean", "flights.clean"),
        ("nbprod step --data elsewhere flights.clean", "flights.clean"),
        ("nbprod step --data=elsewhere flights.clean", "flights.clean"),
        ("nbprod step 'flights.clean'&&echo done", "flights.clean"),
        ("cd x; nbprod step flights.clean; ls", "flights.clean"),
        ("nbprod.exe step flights.clean", "flights.clean"),
        (["mkdir -p x", "nbprod step flights.clean"], "flights.clean"),
        ("nbprod step", None),
        ("nbprod step flights", None),
        ("nbprod check flights.clean", None),
        ("echo 'nbprod step flights.clean'", None),
        ("nbprod step 'flights.clean", None),
        ("step flights.clean", None),
        ("", None),
        (None, None),
    ],
)
def test_the_command_tells_the_step(command, found):
    assert target(command) == found


def test_a_stage_in_all_of_dvcs_forms():
    stage = parsed("""
        stages:
          clean:
            cmd: nbprod step flights.clean
            wdir: .
            deps: [data/load/flights.parquet, ./flights/steps/../steps/clean.py]
            params:
              - flights.late_after
              - flights.seed:
              - other.yaml: [a.lr, epochs]
              - other.yaml:rate
              - whole.json:
            outs:
              - data/clean/flown.parquet: {persist: true}
              - data/clean/a+b.joblib
            metrics:
              - data/clean/metrics.json: {cache: false}
            plots:
              - data/clean/roc.csv: {x: fpr, y: tpr}
        """).stage("flights.clean")
    assert stage.deps == ("data/load/flights.parquet", "flights/steps/clean.py")
    assert stage.params == (
        ParameterKey("params.yaml", "flights.late_after"),
        ParameterKey("params.yaml", "flights.seed"),
        ParameterKey("other.yaml", "a.lr"),
        ParameterKey("other.yaml", "epochs"),
        ParameterKey("other.yaml", "rate"),
        ParameterKey("whole.json", ""),
    )
    assert [(each.role, each.names) for each in stage.outs] == [
        ("out", ("flown",)),
        ("out", ("a", "b")),
        ("metric", ("metrics",)),
        ("plot", ("roc",)),
    ]


def test_paths_of_a_stage_with_a_folder_of_its_own_count_from_the_root():
    stage = parsed("""
        stages:
          clean: {cmd: nbprod step a.clean, wdir: sub, deps: [../x.json, y.json], outs: [z.json], params: [k]}
        """).stages[0]
    assert stage.deps == ("x.json", "sub/y.json")
    assert stage.outs == (Stored("sub/z.json"),)
    assert stage.params == (ParameterKey("sub/params.yaml", "k"),)


def test_templates_are_filled_from_params_and_vars(tmp_path):
    (tmp_path / "params.yaml").write_text("folder: {data: store}\n")
    (tmp_path / "more.yaml").write_text("name: flown\n")
    text = """
        vars: [more.yaml, {kind: parquet}]
        stages:
          clean: {cmd: 'nbprod step a.clean', outs: ['${folder.data}/${name}.${ kind }']}
        """
    assert parsed(text, tmp_path).stages[0].outs == (Stored("store/flown.parquet"),)
    with pytest.raises(ProjectBroken, match=r"stage 'clean' refers to \$\{name\}, which neither"):
        parsed(text.replace("more.yaml, ", ""), tmp_path)


def test_stages_come_in_the_graphs_order_also_across_foreign_ones():
    wired = parsed("""
        stages:
          c: {cmd: nbprod step a.c, deps: [copied/b.json]}
          copy: {cmd: cp -r made copied, deps: [made/b.json], outs: [copied]}
          b: {cmd: nbprod step a.b, deps: [in.json], outs: [made/b.json]}
          other: {cmd: nbprod step x.other}
          many: {foreach: [1, 2], do: {cmd: 'echo ${item}'}}
          odd: {cmd: ls, deps: {not: a list}}
        """)
    assert [each.name for each in wired.of("a")] == ["b", "c"]


TWICE = "stages: {one: {cmd: nbprod step a.b}, two: {cmd: nbprod step a.b}}"


def test_two_stages_of_one_step_are_told_apart_by_name():
    assert parsed(TWICE).stage("a.b", preferred="two").name == "two"
    assert parsed(TWICE.replace("two:", "b:")).stage("a.b").name == "b"
    with pytest.raises(ProjectBroken, match=r"the stages one and two all run a\.b\. Call one of them 'b'"):
        parsed(TWICE).stage("a.b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stages:\n  a: [", r"dvc\.yaml, line 2 is not valid YAML"),
        ("a: 1\na: 2", r"dvc\.yaml, line 2 is not valid YAML: found duplicate key"),
        ("[]", "no mapping called 'stages'"),
        ("", "no mapping called 'stages'"),
        ("stages: {a: nbprod step a.b}", "stage 'a' is no mapping"),
        ("stages: {a: {cmd: nbprod step a.b, deps: x}}", "deps of stage 'a' is no list"),
        ("stages: {a: {matrix: {k: [1]}, cmd: nbprod step a.b}}", "repeats a step with foreach or matrix"),
        ("stages: {a: {foreach: [1], do: {cmd: nbprod step a.b}}}", "repeats a step with foreach or matrix"),
    ],
)
def test_a_broken_dvc_yaml_is_an_error_that_names_the_place(text, message):
    with pytest.raises(ProjectBroken, match=message):
        parsed(text)


def test_a_circle_is_named():
    wired = parsed("stages: {a: {cmd: nbprod step p.a, deps: [y], outs: [x]}, b: {cmd: ls, deps: [x], outs: [y]}}")
    with pytest.raises(ProjectBroken, match="in a circle, among a, b"):
        wired.of("p")


def test_the_nearest_step_is_suggested():
    with pytest.raises(ProjectBroken, match=r"Did you mean flights\.clean\?"):
        parsed("stages: {clean: {cmd: nbprod step flights.clean}}").stage("flights.clan")
