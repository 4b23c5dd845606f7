"""A real kernel, through nbclient, told ids and tags as JupyterLab tells them."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow


class Frontend(NotebookClient):
    """Sends each cell's id and tags with its request, as JupyterLab does."""

    async def async_execute_cell(self, cell, *args, **kwargs):
        self.kc.session.metadata = {"cellId": cell["id"], **cell["metadata"]}
        return await super().async_execute_cell(cell, *args, **kwargs)


def ran(*cells, path=None):
    """Run (source, tags) cells in a fresh kernel and return what each put out."""
    made = [
        nbformat.v4.new_code_cell(source, id=f"c{at}", metadata={"tags": list(tags)})
        for at, (source, tags) in enumerate(cells)
    ]
    notebook = nbformat.v4.new_notebook(cells=made)
    if path:
        nbformat.write(notebook, path)
    Frontend(notebook, kernel_name="python3", allow_errors=True, timeout=60).execute()
    return [each["outputs"] for each in notebook.cells]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "flights.ipynb"))


def said(outputs):
    """The plain text of nbprod's own outputs."""
    shown = (each["data"] for each in outputs if each["output_type"] == "display_data")
    return [each["text/plain"] for each in shown if "nbprod" in each.get("text/html", "")]


def test_steps_marked_tagged_and_decorated(tmp_path):
    outputs = ran(
        ("%load_ext nbprod\nfrom nbprod import step", []),
        ("limit = 3", ["parameters"]),
        ("%%step load\nimport asyncio\nawait asyncio.sleep(0)\nrows = [1, 2, 3, 4]\nrows", []),
        ("kept = [row for row in rows if row < limit]", ["step:clean"]),
        ("@step\ndef double(kept):\n    return [2 * row for row in kept]\n\ndoubled = double(kept)", []),
        ("%%step total --outs total\ntotal = sum(doubled)", []),
        ("%%test double\nassert doubled == [2, 4]", []),
        ("%steps", []),
        path=tmp_path / "flights.ipynb",
    )
    assert [each["output_type"] for each in outputs[2]] == ["execute_result", "display_data"]
    assert said(outputs[2])[0].startswith("load: makes rows 4 values · ")
    assert said(outputs[3])[0].startswith("clean: reads rows · makes kept 2 values · ")
    assert said(outputs[4])[0].startswith("double: reads kept · makes doubled 2 values · ")
    assert said(outputs[5])[0].startswith("total: reads doubled · makes total 6 · ")
    assert said(outputs[6]) == ["test of double: passed"]
    assert said(outputs[7])[0].count("fresh") == 4


def test_a_failing_step_gives_the_traceback_it_would_give_anyway():
    bare, marked = (ran(("%load_ext nbprod", []), (f"{first}\nx = 1\n1 / 0", []))[1] for first in ("#", "%%step x"))
    assert [each["output_type"] for each in marked] == ["error"]
    cleaned = "\n".join(marked[0]["traceback"]).replace("# %%step x", "#")
    assert [each for each in cleaned.splitlines() if "1" in each][-1:] == [
        each for each in "\n".join(bare[0]["traceback"]).splitlines() if "1" in each
    ][-1:]
    assert len(marked[0]["traceback"]) == len(bare[0]["traceback"])


def test_misuse_is_one_line(tmp_path):
    outputs = ran(("%load_ext nbprod", []), ("%%step x --metric y\ny = 1", []), ("y", []))
    assert [each["output_type"] for each in outputs[1]] == ["stream"]
    assert outputs[1][0]["text"] == "UsageError: '%%step' has no option '--metric'. Did you mean '--metrics'?\n"
    assert outputs[2][0]["ename"] == "NameError"


def test_check_export_and_verify_from_where_the_user_is(tmp_path):
    (tmp_path / "pyproject.toml").write_text("")
    outputs = ran(
        ("%load_ext nbprod", []),
        ("%%step load\nrows = [1, 2, 3, 4]", []),
        ("%%step total --outs total\ntotal = sum(rows)", []),
        ("%check", []),
        ("%export", []),
        ("%verify", []),
        ("%verify --rtl 3", []),
        path=tmp_path / "flights.ipynb",
    )
    printed = ["".join(each.get("text", "") for each in cell) for cell in outputs]
    assert "nothing stands in the way" in printed[3]
    assert "dvc.yaml" in printed[4]
    assert (tmp_path / "flights" / "steps" / "total.py").is_file()
    assert "the pipeline computes what the notebook computes: 2 of 2 outputs equal" in printed[5]
    assert printed[6].startswith("UsageError: No such option")
    assert "--rtol" in printed[6]
