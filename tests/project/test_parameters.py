"""Parameters with types of their own, from the notebook to the step and back."""

from __future__ import annotations

import nbformat
import pytest

from nbprod import project
from nbprod.adapters import papermill
from nbprod.adapters.papermill import CellToRun, Visit
from nbprod.errors import CellFailed, ProjectBroken
from nbprod.project.parameters import declared
from nbprod.run.parameters import checked_injection, from_text, injected

CELL = """\
import datetime as dt
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

day: date = date(2026, 1, 1)  # to look at
since = dt.date.fromisoformat("2025-01-01")
path = Path("raw") / "flights.csv"
wait = timedelta(hours=2)
price = Decimal("1.10")
days: list[dt.date] = [dt.date(2026, 1, 1)]
sizes: tuple[int, ...] = (1, 2)
stores: set[str] = {"001", "002"}
"""
NOTEBOOK = f"""\
# %% tags=["parameters"]
{CELL}
# %% tags=["step:load"]
kinds = [type(each).__name__ for each in (day, since, path, wait, price, days[0], sizes, stores)]
text = f"{{day:%A}} {{since.year}} {{path.name}} {{wait / 2}} {{price + 1}} {{days[0]}} {{sizes[1]}} {{sorted(stores)}}"

# %% tags=["step:show"]
shown = [*kinds, text]
"""


@pytest.mark.slow
def test_days_paths_and_sets_are_in_the_pipeline_what_they_are_in_the_notebook(whole, monkeypatch):
    made = whole("trains", NOTEBOOK)
    assert made.differences() == []
    assert "day: date = date(2026, 1, 1)" in made.text("trains/steps/load.py")
    assert "day: '2026-01-01'" in made.text("params.yaml")
    monkeypatch.chdir(made.root)
    project.step("trains.load")
    mended = made.text("params.yaml").replace("2026-01-01'", "tomorrow'").replace("- 2\n", "- x\n")
    (made.root / "params.yaml").write_text(mended.replace("2:00:00", "2 hours"))
    with pytest.raises(ProjectBroken) as raised:
        project.step("trains.load")
    assert str(raised.value) == (
        "3 parameters of trains.load are not what the step takes: "
        "params.yaml: trains.day is 'tomorrow' (str), but date is wanted; "
        "params.yaml: trains.days[0] is 'tomorrow' (str), but date is wanted; "
        "params.yaml: trains.sizes[1] is 'x' (str), but int is wanted. Mend the value there"
    )


@pytest.mark.slow
def test_in_the_executed_notebook_a_day_is_a_day(whole):
    made = whole("trains", NOTEBOOK)
    notebook = project.read(made.notebook)
    declarations = declared(notebook, made.notebook.parent)
    given = {
        "day": "2026-11-23", "since": "2026-11-24", "path": "a.csv", "wait": "90min", "price": "2.20",
        "days": "2026-11-25, 2026-11-26", "sizes": "(3, 4)", "stores": "[003]",
    }  # fmt: skip
    source = injected(declarations, from_text(declarations, given))
    texts = [
        CELL,
        source,
        "assert (day, since) == (date(2026, 11, 23), date(2026, 11, 24)) and type(since) is date",
        "assert path == Path('a.csv') and wait == timedelta(hours=1.5) and str(price) == '2.20'",
        "assert days == [date(2026, 11, 25), date(2026, 11, 26)] and sizes == (3, 4) and stores == {'003'}",
    ]
    run(made, *texts)
    with pytest.raises(CellFailed):
        run(made, *texts, "assert day.year == 2025")


def test_what_papermill_injects_is_looked_at_in_the_notebook_that_it_makes(tmp_path):
    from papermill.parameterize import parameterize_notebook

    cell = nbformat.v4.new_code_cell("from datetime import date\nday: date = date(2026, 1, 1)")
    cell.metadata["tags"] = ["parameters"]
    spec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    node = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": spec, "papermill": {}})
    node = parameterize_notebook(node, {"day": "2026-11-23"})
    nbformat.write(node, tmp_path / "trains.ipynb")
    declarations = declared(project.read(tmp_path / "trains.ipynb"), tmp_path)
    assert declarations.replaces == 1
    found = checked_injection(declarations, node.cells[1].source)
    assert found.source.splitlines()[1:] == ["day: date = date(2026, 11, 23)"]


def run(made, *sources):
    cells = [CellToRun(index, f"c{index}", source) for index, source in enumerate(sources)]
    papermill.run(cells, Visit(made.root))
