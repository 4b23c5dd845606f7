"""Cells that are replayed: what the notebook shows is what it would show, and the rest of it goes on from there."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nbprod.adapters.ipykernel.serving import kernel_server
from nbprod.adapters.papermill.running import run_notebook
from nbprod.errors import CellFailed, NbprodError

pytestmark = pytest.mark.slow

RESTORER = """
import json
from pathlib import Path


class Files:
    '''Keeps what cells displayed, and one name of theirs, in a folder.'''

    def __init__(self, shell, folder):
        self.shell, self.folder = shell, Path(folder)

    def restore(self, cell):
        kept = self.folder / f"{cell}.json"
        if not kept.exists():
            return None
        self.shell.user_ns["made"] = "restored"
        return json.loads(kept.read_text())

    def ran(self, cell, outputs, *, failed):
        (self.folder / f"{cell}.json").write_text(json.dumps(outputs))
        (self.folder / f"{cell}.failed").write_text(str(failed))


class Counting(Files):
    def restore(self, cell):
        with (self.folder / "asked").open("a") as file:
            file.write(f"{cell}.")


class Broken:
    def __init__(self, shell):
        pass

    def restore(self, cell):
        raise RuntimeError("the store is gone")

    def ran(self, cell, outputs, *, failed):
        raise RuntimeError("the disk is full")
"""

RICH = """
import sys
from IPython.display import HTML, clear_output, display, update_display
print("gone"); clear_output()
print("said"); print("complained", file=sys.stderr)
display(HTML("<b>shown</b>"), metadata={"text/html": {"isolated": True}})
display("draft", display_id="one"); update_display("final", display_id="one")
display({"application/json": {"n": [1, 2]}, "text/plain": "json"}, raw=True)
made = "run"
42
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("restorers")
    (folder / "restorers.py").write_text(RESTORER)
    return folder


@pytest.fixture(scope="module")
def server():
    with kernel_server() as server:
        yield server


@pytest.fixture
def run(server, place, tmp_path):
    def run(*sources, restorer=("restorers:Files", (str(tmp_path),))):
        cells = [
            new_markdown_cell("# The restorers lie beside the notebook"),
            *(new_code_cell(each) for each in sources),
        ]
        notebook = new_notebook(cells=cells)
        return run_notebook(notebook, folder=place, server=server, restorer=restorer).cells[1:]

    return run


def test_a_replayed_cell_shows_what_it_showed(run):
    (first,) = run(RICH)
    (second,) = run(RICH)
    assert [each.output_type for each in first.outputs] == [
        "stream", "stream", "display_data", "display_data", "display_data", "execute_result",
    ]  # fmt: skip
    assert second.outputs == first.outputs
    assert first.outputs[3].data["text/plain"] == "'final'"
    assert second.metadata["nbprod"] == {"restored": True}
    assert "nbprod" not in first.metadata
    assert second.execution_count == 1


def test_the_notebook_goes_on_after_a_replayed_cell(run, tmp_path):
    run(RICH)
    replayed, after, history = run(RICH, "made", "In[1].strip().splitlines()[0]")
    assert replayed.metadata["nbprod"] == {"restored": True}
    assert after.outputs[0].data["text/plain"] == "'restored'"
    assert after.execution_count == 2
    assert history.outputs[0].data["text/plain"] == "'import sys'"
    assert sorted(each.name for each in tmp_path.glob("*.json")) == ["1.json", "2.json", "3.json"]


def test_who_restores_is_told_of_failures(run, tmp_path):
    with pytest.raises(CellFailed, match="ZeroDivisionError"):
        run("print('before')\n1/0")
    assert (tmp_path / "1.failed").read_text() == "True"
    assert '"before\\n"' in (tmp_path / "1.json").read_text()


def test_a_restorer_that_cannot_be_made_says_why(run):
    with pytest.raises(NbprodError, match=r"(?s)Kernel died before.*No module named 'nowhere'"):
        run("1", restorer=("nowhere:Files", ()))


def test_a_broken_restorer_breaks_no_cell(run):
    (cell,) = run("print('ran')", restorer=("restorers:Broken", ()))
    assert "ran\n" in [each.text for each in cell.outputs]
    complaints = "".join(each.text for each in cell.outputs if each.name == "stderr")
    assert "the store is gone" in complaints
    assert "the disk is full" in complaints
    assert "nbprod" not in cell.metadata


def test_a_cell_that_is_asked_about_is_asked_about_once(run, tmp_path):
    run("made = 1", restorer=("restorers:Counting", (str(tmp_path),)))
    assert (tmp_path / "asked").read_text() == "1."
