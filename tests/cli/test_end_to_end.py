"""The main job through the real commands, on a small notebook: check, graph, record, export, dvc repro, verify."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

pytestmark = pytest.mark.slow


def test_check_and_graph_need_no_run(shop):
    checked = shop.nbprod("check")
    assert checked.returncode == 0
    assert "4 steps, 3 edges, 1 parameter: nothing stands in the way" in checked.stdout
    assert json.loads(shop.nbprod("check", "--json").stdout) == []
    drawn = json.loads(shop.nbprod("graph", "--json").stdout)
    assert drawn["edges"] == [
        ["load", "clean", "sales"],
        ["clean", "totals", "kept"],
        ["totals", "report", "by_month"],
    ]
    assert [each["name"] for each in drawn["steps"]] == ["load", "clean", "totals", "report"]
    assert drawn["parameters"] == [{"name": "least", "type": "int", "default": "20"}]
    assert "clean    4         sales (load)" in shop.nbprod("graph").stdout
    assert shop.nbprod("graph", "--mermaid").stdout.startswith("flowchart")
    done = shop.nbprod("graph", "--svg", "graph.svg")
    assert (done.stdout, done.stderr) == ("", "wrote graph.svg\n")
    assert ET.parse(shop.root / "graph.svg").getroot().tag.endswith("svg")
    assert sorted(shop.files()) == ["graph.svg", "notebooks/sales.csv", "notebooks/shop.ipynb"]


def test_record_keeps_what_was_seen(shop):
    done = shop.nbprod("record", "--json")
    assert done.returncode == 0, done.stderr
    steps = {each["step"]: each for each in json.loads(done.stdout)["steps"]}
    assert steps["clean"]["outputs"][0]["format"] == "parquet"
    assert steps["load"]["files_read"] == ["notebooks/sales.csv"]
    assert sorted({path.split("/")[0] for path in shop.files()}) == [".nbprod", "notebooks"]


def test_export_says_what_it_wrote_and_what_comes_next(fixture_first_export):
    _, done = fixture_first_export
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "  4 steps, 3 edges, 1 parameter      nbprod graph notebooks/shop.ipynb",
        "  wrote    .dvcignore   dvc.yaml   params.yaml   shop/ (9)   tests/shop/ (12)",
        "  next     dvc init   ·   dvc repro   ·   nbprod verify notebooks/shop.ipynb",
    ]


def test_exporting_twice_changes_no_byte_even_when_recorded_again(exported):
    before = exported.files()
    done = exported.nbprod("export")
    assert (done.returncode, exported.files()) == (0, before)
    assert "current  every file is as this notebook exports it" in done.stdout
    again = exported.nbprod("export", "--record")
    assert again.returncode == 0
    kept = {path: digest for path, digest in exported.files().items() if not path.startswith(".nbprod/record/")}
    assert kept == {path: digest for path, digest in before.items() if not path.startswith(".nbprod/record/")}


def test_check_of_an_export_fails_once_the_notebook_is_edited(exported):
    assert exported.nbprod("export", "--check").returncode == 0
    exported.change('"sold": by_month[best]', '"sold": by_month[best], "months": len(by_month)')
    before = {path: each for path, each in exported.files().items() if not path.startswith(".nbprod/record/")}
    done = exported.nbprod("export", "--check")
    assert done.returncode == 1
    assert "NB405  shop/steps/report.py is not what export writes today" in done.stdout
    assert "Run: nbprod export notebooks/shop.ipynb" in done.stdout
    assert "wrote" not in done.stdout
    assert {path: each for path, each in exported.files().items() if not path.startswith(".nbprod/record/")} == before


def test_an_edit_survives_an_export_of_other_lines(exported):
    exported.change("    return kept", "    assert len(kept) > 1  # mine\n    return kept", "shop/steps/clean.py")
    kept = exported.nbprod("export")
    assert "kept     shop/steps/clean.py   your edits" in kept.stdout
    exported.change("# Small sales are samples.", "# Small sales are only samples.")
    merged = exported.nbprod("export")
    assert merged.returncode == 0
    assert "merged   shop/steps/clean.py   your edits and the new export" in merged.stdout
    text = (exported.root / "shop/steps/clean.py").read_text()
    assert "# mine" in text
    assert "only samples" in text


def test_a_conflict_is_shown_and_nothing_written_until_someone_decides(exported):
    exported.change(">= least]", "> least]", "shop/steps/clean.py")
    exported.change("    return kept", "    assert len(kept) > 1  # mine\n    return kept", "shop/steps/clean.py")
    exported.change(">= least].copy()", ">= least + 1].copy()")
    before = {path: each for path, each in exported.files().items() if not path.startswith(".nbprod/record/")}
    done = exported.nbprod("export")
    assert done.returncode == 1
    assert {path: each for path, each in exported.files().items() if not path.startswith(".nbprod/record/")} == before
    for words in (
        "NB401  shop/steps/clean.py, line 20: your edit and the new export change the same lines",
        'yours:  kept = sales[sales["amount"] > least].copy()',
        'export: kept = sales[sales["amount"] >= least + 1].copy()',
        "Nothing was written.",
        "conflict  shop/steps/clean.py   your edits stand",
    ):
        assert words in done.stdout
    assert json.loads(exported.nbprod("export", "--json").stdout)["written"] is False
    assert exported.nbprod("export", "--overwrite").returncode == 0
    text = (exported.root / "shop/steps/clean.py").read_text()
    assert ">= least + 1]" in text
    assert "# mine" in text, "an edit that contradicts nothing is kept"
    told = exported.nbprod("export", "--check").stdout
    assert "NB407  shop/steps/clean.py was edited" in told, "but the notebook lacks it"


def test_what_a_person_set_in_the_shared_files_stays(exported):
    exported.change("least: 20", "least: 45", "params.yaml")
    with (exported.root / "params.yaml").open("a") as file:
        file.write("theirs: {rate: 0.1}  # of another team\n")
    exported.change(
        "    cmd: nbprod step shop.clean\n", "    cmd: nbprod step shop.clean\n    frozen: true\n", "dvc.yaml"
    )
    exported.change("# Small sales are samples.", "# Small sales are only samples.")
    assert exported.nbprod("export").returncode == 0
    params = (exported.root / "params.yaml").read_text()
    assert "least: 45" in params
    assert "theirs: {rate: 0.1}  # of another team" in params
    assert "frozen: true" in (exported.root / "dvc.yaml").read_text()


def test_a_renamed_step_takes_its_old_files_along_but_not_an_edited_one(exported):
    exported.change("    return kept", "    return kept  # mine", "shop/steps/clean.py")
    exported.change("step:clean", "step:tidy")
    exported.change("%%test clean", "%%test tidy")
    done = exported.nbprod("export")
    assert done.returncode == 0, done.stdout
    assert "left     shop/steps/clean.py   no step makes it now, but you edited it: " in done.stdout
    assert "removed  shop/schemas/clean.py" in done.stdout
    files = {path for path in exported.files() if "/samples/" not in path and not path.startswith(".nbprod")}
    assert {path for path in files if "clean" in path} == {"shop/steps/clean.py"}
    assert {path for path in files if "tidy" in path} == {
        "shop/schemas/tidy.py",
        "shop/steps/tidy.py",
        "tests/shop/test_tidy.py",
    }
    assert "shop.clean" not in (exported.root / "dvc.yaml").read_text()


def test_plain_dvc_runs_the_pipeline_and_only_what_changed(exported):
    assert exported.command("dvc", "init", "--no-scm", "-q").returncode == 0
    done = exported.command("dvc", "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((exported.root / "data/report/figures.json").read_text())["best"] in range(1, 7)
    again = exported.command("dvc", "repro")
    assert "Running stage" not in again.stdout
    exported.change("least: 20", "least: 60", "params.yaml")
    changed = exported.command("dvc", "repro")
    assert "Stage 'load' didn't change" in changed.stdout
    assert "Running stage 'report'" in changed.stdout
    alone = exported.nbprod("step", "shop.report", "--json")
    assert [each["path"] for each in json.loads(alone.stdout)["outputs"]] == ["data/report/figures.json"]


def test_the_steps_are_plain_functions_to_import(exported):
    code = "from shop import load, clean, totals; print(sum(totals(clean(load(), least=60)).values()))"
    notebooks = exported.root / "notebooks"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=notebooks,
        env={**os.environ, "PYTHONPATH": str(exported.root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == sum(at * 7 % 90 for at in range(300) if at * 7 % 90 >= 60)


def test_the_generated_tests_pass_and_notice_a_broken_step(exported):
    passed = exported.command(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert passed.returncode == 0, passed.stdout
    exported.change(">= least]", "<= least]", "shop/steps/clean.py")
    failed = exported.command(
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/shop/test_clean.py"
    )
    assert "FAILED tests/shop/test_clean.py::test_clean_gives_what_the_notebook_gave" in failed.stdout
    assert "FAILED tests/shop/test_clean.py::test_notebook_cell_8" in failed.stdout


def test_verify_proves_that_both_compute_the_same(exported):
    before = exported.files()
    done = exported.nbprod("verify")
    assert done.returncode == 0, done.stderr
    assert "  clean    kept       231 × 4    equal" in done.stdout
    assert "the pipeline computes what the notebook computes: 4 of 4 outputs equal" in done.stdout
    assert "verifying: pipeline: clean" in done.stderr
    assert exported.files() == before


def test_verify_shows_the_first_difference_and_its_likely_cause(exported):
    exported.change(">= least]", "> least + 30]", "shop/steps/clean.py")
    done = exported.nbprod("verify", "--json")
    assert done.returncode == 1
    found = {each["name"]: each for each in json.loads(done.stdout)["outputs"]}
    assert found["sales"]["equal"]
    assert found["kept"]["difference"] == "the value (length): 231 rows against 127 rows"
    assert found["kept"]["cause"] == "shop/steps/clean.py was edited after export wrote it"
    assert found["figures"]["cause"] == "its input 'by_month' differs already, see step 'totals'"


def test_a_step_that_raises_is_shown_at_its_line_and_cell(exported):
    exported.change("sales = pd", "salez = pd", "shop/steps/load.py")
    for verb, words in (("step", ["shop.load"]), ("verify", [])):
        done = exported.nbprod(verb, *words)
        assert done.returncode == 1
        assert "step 'load' raised NameError at shop/steps/load.py, line 16 (cell 3 of notebooks/shop.ipynb)" in (
            done.stderr
        )
        assert done.stderr.endswith("NameError: name 'sales' is not defined\n")


def test_verify_before_export_says_so_and_runs_nothing(shop):
    done = shop.nbprod("verify")
    assert done.returncode == 2
    assert done.stderr == (
        "nbprod: notebooks/shop.ipynb has not been exported. Run nbprod export notebooks/shop.ipynb\n"
    )
