"""What the quiet line and %steps say in a live notebook, run out of order, edited, broken and mended."""

from __future__ import annotations

import json

import pytest

PARAMETERS = ("limit: int = 3", "p", ["parameters"])
LOAD = ("%%step load\nimport pandas as pd\nrows = pd.DataFrame({'n': [1, 2, 3, 4], 'kind': list('abab')})", "l", [])
CLEAN = ("%%step clean\nkept = rows[rows['n'] < limit].reset_index(drop=True)", "c", [])
TOTAL = ("%%step total --outs total\ntotal = int(kept['n'].sum())", "t", [])
WHOLE = (PARAMETERS, LOAD, CLEAN, TOTAL)


@pytest.fixture(name="run")
def fixture_run(live):
    """Runs (source, id, tags) cells in one live notebook; returns what nbprod said below the last."""
    notebook = live()

    def run(*cells):
        for source, key, tags in cells:
            ran = notebook.run(source, key=key, tags=tags)
        return ran.text

    return run


def states(run):
    """Each step's row of %steps, without cells and time."""
    header, *rows = run(("%steps", "", [])).splitlines()
    starts = [header.index(name) for name in ("step", "state")]
    return {row[: starts[0] + 8].split()[0]: row[starts[1] :] for row in rows}


def test_a_notebook_in_order_has_nothing_to_warn_of(run):
    said = [run(cell) for cell in WHOLE]
    assert said[0] == ""
    assert said[1].startswith("load: makes rows 4 × 2 · ")
    assert said[2].startswith("clean: reads rows · makes kept 2 × 2 · ")
    assert said[3].startswith("total: reads kept · makes total 3 · ")
    assert not any("!" in each for each in said)
    assert all("fresh" in each for each in states(run).values())


def test_the_schema_is_new_then_holds_then_differs(run):
    assert "schema new" in run(PARAMETERS, LOAD)
    assert "schema holds" in run(LOAD)
    changed = run((LOAD[0].replace("[1, 2, 3, 4]", "[1.5, 2, 3, None]"), "l", []))
    assert "schema 1 column differs" in changed
    assert "! rows: n is float64, was int64" in changed


def test_the_schema_of_a_step_of_several_cells_is_that_of_the_last(run):
    second = ("%%step clean\nkept['twice'] = kept['n'] * 2", "c2", [])
    run(PARAMETERS, LOAD, CLEAN, second)
    assert "schema" not in run(CLEAN)
    assert "schema holds" in run(second)


def test_an_exported_schema_decides(live, tmp_path):
    schemas = tmp_path / "n" / "schemas"
    schemas.mkdir(parents=True)
    columns = "class Rows(pa.DataFrameModel):\n    n: int = pa.Field(lt=4)\n    kind: str\n"
    (schemas / "load.py").write_text(f"import pandera.pandas as pa\n\n\n{columns}")
    (tmp_path / "n.ipynb").write_text("{}")
    notebook = live()
    notebook.shell.user_ns["__vsc_ipynb_file__"] = str(tmp_path / "n.ipynb")
    said = notebook.run(LOAD[0], key="l").text
    assert "schema 1 column differs" in said
    assert "! rows: n fails less_than(4)" in said
    assert "schema holds" in notebook.run(LOAD[0].replace("4]", "0]"), key="l").text


@pytest.mark.parametrize(
    ("then", "step", "said"),
    [
        pytest.param(
            [(CLEAN[0].replace("<", "<="), "c", [])], "total", "its input kept changed since", id="re-run maker"
        ),
        pytest.param([("limit: int = 2", "p", ["parameters"])], "clean", "parameter limit changed", id="parameter"),
        pytest.param([(LOAD[0] + "\n1 / 0", "l", [])], "load", "it raised ZeroDivisionError", id="raised"),
        pytest.param([(LOAD[0] + "\n1 / 0", "l", [])], "clean", "load failed", id="maker raised"),
    ],
)
def test_a_step_is_stale_for_a_reason(then, step, said, run):
    run(*WHOLE, *then)
    assert said in states(run)[step]


def test_a_changed_helper_is_named(run):
    helper = ("def small(frame):\n    return frame[frame['n'] < 3]", "h", [])
    user = ("%%step clean\nkept = small(rows)", "c", [])
    run(LOAD, helper, user)
    run((helper[0].replace("3", "2"), "h", []))
    assert "stale" in states(run)["clean"]
    assert "helper small changed" in states(run)["clean"]


def test_hidden_state_is_named_with_the_cell_to_run(run):
    run(*WHOLE)
    below = ("rows = rows.head(1)", "x", [])
    run(below)
    said = run(CLEAN)
    assert "in place" not in said
    assert "hidden state: rows was last changed by cell 5, below this one; run cell 2 again first" in said


def test_a_step_that_changes_its_own_input_is_seen_when_run_twice(run):
    twice = ("%%step clean\nrows['n'] = rows['n'] + 1", "c", [])
    first = run(LOAD, twice)
    assert "hidden state" not in first
    assert "hidden state: rows was changed by an earlier run of this cell; run cell 1 again first" in run(twice)


def test_an_input_changed_through_a_helper_is_a_warning(run):
    helper = ("def spoil(frame):\n    frame.loc[0, 'n'] = 100", "h", [])
    assert "! changes its input rows" in run(
        LOAD, helper, ("%%step clean\nspoil(rows)\nkept = rows.copy()", "c", [])
    ) or ("makes rows" in run(("%%step clean\nspoil(rows)\nkept = rows.copy()", "c", [])))


def test_what_cannot_be_stored_and_unseeded_draws_are_warnings(run):
    said = run(("%%step make\nnumbers = (n for n in range(3))", "m", []))
    assert "! numbers cannot be stored" in said
    said = run(("%%step draw\nimport numpy as np\nnoise = np.random.normal(size=3)", "d", []))
    assert "(NB302)" in said


def test_a_cell_of_another_language_is_named_at_once(run):
    assert "(NB108)" in run(("%%bash\ntrue", "b", ["step:load"]))


def test_a_name_that_export_cannot_use_is_named_at_once(run):
    assert "(NB202)" in run(("%%step my-step\nx = 1", "m", []))


def test_what_no_step_makes_is_named_at_once(run):
    assert "(NB203)" in run(("loose = []\nloose.append(1)", "u", []), ("%%step use\nused = len(loose)", "s", []))


def test_steps_of_several_cells_are_reported_cell_by_cell(run):
    second = ("%%step clean\nkept['twice'] = kept['n'] * 2", "c2", [])
    run(PARAMETERS, LOAD, CLEAN)
    assert run(second).startswith("clean (2 of 2): ")
    assert run(CLEAN).startswith("clean (1 of 2): reads rows")
    assert "cell 4 has not run since" in states(run)["clean"]


def test_a_decorated_function_is_a_step_where_it_is_called(run):
    defined = ("from nbprod import step\n@step\ndef clean(rows, limit):\n    return rows[rows['n'] < limit]", "d", [])
    assert run(PARAMETERS, LOAD, defined) == ""
    assert run(("kept = clean(rows, limit)", "k", [])).startswith("clean: reads rows · makes kept 2 × 2")


def test_two_decorated_functions_called_in_one_cell_are_two_steps(run):
    defined = "from nbprod import step\n@step\ndef less(rows):\n    return rows.head(2)\n"
    defined += "@step\ndef more(low):\n    return low.head(1)"
    run(LOAD, (defined, "d", []))
    said = run(("low = less(rows)\nlowest = more(low)", "k", [])).splitlines()
    assert said[0].startswith("less: reads rows · makes low 2 × 2")
    assert said[1].startswith("more: ")


def test_without_ids_an_edited_cell_takes_the_place_of_the_old_one(run):
    for cell in WHOLE:
        run((cell[0], "", cell[2]))
    run((CLEAN[0].replace("<", "<="), "", []))
    found = states(run)
    assert len(found) == 3
    assert "its input kept changed since" in found["total"]


def test_without_ids_a_cell_that_goes_on_with_another_is_no_edit_of_it(run):
    """As plain papermill runs the cells of a step."""
    run((PARAMETERS[0], "", []), (LOAD[0], "", []), (CLEAN[0], "", []))
    said = run((CLEAN[0].replace("rows[rows", "kept[kept"), "", []))
    assert said.startswith("clean (2 of 2): makes kept 2 × 2 · ")
    assert "!" not in said


@pytest.mark.parametrize(("key", "tags"), [("i", ["injected-parameters"]), ("", [])])  # ours tells, papermill not
def test_what_papermill_has_injected_are_parameters(run, key, tags):
    first = (PARAMETERS[0], key and PARAMETERS[1], PARAMETERS[2] if key else [])
    run(first, ("# Parameters\nlimit = 2\n", key, tags), (LOAD[0], key and "l", []))
    assert "NB203" not in run((CLEAN[0], key and "c", []))


def test_a_test_of_an_unknown_step_is_refused(run, live):
    run(PARAMETERS, LOAD)
    assert run(("%%test load\nassert len(rows) == 4", "x", [])) == "test of load: passed"
    assert run(("%%test laod\nassert len(rows) == 4", "x", [])) == ""


def test_a_test_of_a_step_that_a_tag_marks_runs_where_nobody_tells_tags(live):
    notebook = live()
    notebook.run("rows = [1, 2]")
    assert notebook.run("%%test load\nassert len(rows) == 2").text == "test of load: passed"


def test_the_saved_notebook_says_where_cells_stand(live, tmp_path, monkeypatch):
    cells = [
        {
            "cell_type": "code",
            "id": key,
            "metadata": {"tags": tags},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for source, key, tags in WHOLE
    ]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    notebook = live()
    notebook.shell.user_ns["__vsc_ipynb_file__"] = str(path)
    notebook.run(PARAMETERS[0], key="p", tags=["parameters"])
    said = notebook.run(LOAD[0], key="l").text
    assert said.startswith("load: makes rows 4 × 2")  # a cell that has not run yet reads it
    assert notebook.run("%steps").text.count("not run") == 2
    assert (tmp_path / ".nbprod" / "record" / "n.json").is_file()


def test_a_graph_is_drawn_as_text_and_picture(live):
    notebook = live()
    for source, key, tags in WHOLE:
        notebook.run(source, key=key, tags=tags)
    drawn = notebook.run("%graph")
    data = (drawn.feedback + drawn.displayed)[0]
    assert "clean" in data["text/plain"]
    assert data["text/html"].startswith("<svg")


@pytest.mark.parametrize("name", ["rows", "load"])
def test_a_schema_is_shown_for_a_frame_or_a_step(name, live):
    notebook = live()
    for source, key, tags in WHOLE:
        notebook.run(source, key=key, tags=tags)
    code = notebook.run(f"%schema {name}").displayed[0]
    assert "class Rows(pa.DataFrameModel)" in code["text/plain"]
    assert code["text/markdown"].startswith("```python\n")
