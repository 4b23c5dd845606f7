"""The table of `nbprod suggest --interactive`: every cell with its step and why, changed by a key, judged at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import DataTable, Footer, Input, Static

from nbprod import report
from nbprod.errors import UsageError
from nbprod.report import suggested
from nbprod.suggest import Suggestion, edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbprod.model.notebook import Cell
    from nbprod.project.suggesting import Choice
    from nbprod.suggest.flow import Flow
    from nbprod.suggest.segments import Segments

LONGEST = 60  # characters of a cell's first line


def choose(choice: Choice) -> Suggestion | None:
    """Return what the person at the terminal chose; None if they left without writing."""
    return Choosing(choice).run()


class Choosing(App[Suggestion | None]):
    """One row a code cell; what is under the cursor is told below."""

    CSS = """
    DataTable { height: 3fr; }
    #about { height: 2fr; border-top: solid $primary; padding: 0 1; }
    #name { display: none; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "write", "write"),
        Binding("q", "leave", "leave"),
        Binding("r", "rename", "rename"),
        Binding("b", "begin", "begin a step here"),
        Binding("j", "join", "join with next"),
        Binding("x", "move", "take out / in"),
        Binding("u", "undo", "undo"),
    ]

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice
        self.before: list[Choice] = []
        self.cells = {each.index: each for each in choice.notebook.code_cells}

    def compose(self) -> ComposeResult:
        """The table, what is told of a cell, and where a new name is typed."""
        yield DataTable[Text](cursor_type="row")
        with VerticalScroll(id="about"):
            yield Static(id="told")
        yield Input(id="name", placeholder="the step's name")
        yield Footer()

    def on_mount(self) -> None:
        """Fill the table."""
        self.table.add_columns("cell", "step", "reads → makes", "code", "why")
        self._fill(self._first_step())

    @property
    def table(self) -> DataTable[Text]:
        """The table of cells."""
        return self.query_one(DataTable)

    @property
    def cell(self) -> int:
        """The cell under the cursor."""
        return list(self.cells)[self.table.cursor_row]

    def on_data_table_row_highlighted(self) -> None:
        """Tell about the cell under the cursor."""
        self.query_one("#told", Static).update(about(self.choice.suggestion, self.cells[self.cell]))

    def action_write(self) -> None:
        """Have the marks written."""
        self.exit(self.choice.suggestion)

    def action_leave(self) -> None:
        """Leave without writing."""
        self.exit(None)

    def action_begin(self) -> None:
        """Begin a step at this cell."""
        self._change(lambda cut, _: edits.begun(cut, self.cell))

    def action_join(self) -> None:
        """Make this step and the next one."""
        self._change(lambda cut, _: edits.joined_with_next(cut, self.cell))

    def action_move(self) -> None:
        """Take this cell out of its step, or into one."""
        self._change(lambda cut, flow: edits.moved(cut, flow, self.cell))

    def action_undo(self) -> None:
        """Take the last change back."""
        if self.before:
            self.choice = self.before.pop()
            self._fill(self.cell)

    def action_rename(self) -> None:
        """Ask for a name."""
        at = edits.step_with(self.choice.suggestion.segments, self.cell)
        if at is None:
            self.notify(f"cell {self.cell} is in no step: x takes it in", severity="warning")
            return
        asked = self.query_one("#name", Input)
        asked.value = self.choice.suggestion.segments[at].name
        asked.styles.display = "block"
        asked.focus()

    def on_input_submitted(self, typed: Input.Submitted) -> None:
        """Take the name that was typed."""
        self._change(lambda cut, _: edits.renamed(cut, self.cell, typed.value.strip()))
        typed.input.styles.display = "none"
        self.table.focus()

    def _change(self, change: Callable[[Segments, Flow], Segments]) -> None:
        try:
            changed = self.choice.changed(change)
        except UsageError as error:
            self.notify(f"{error.message}. {error.hint}", severity="warning")
            return
        self.before.append(self.choice)
        self.choice = changed
        self._fill(self.cell)

    def _fill(self, cell: int) -> None:
        self.table.clear()
        for row in rows(self.choice.suggestion, list(self.cells.values())):
            self.table.add_row(*row)
        self.table.move_cursor(row=list(self.cells).index(cell))
        self.on_data_table_row_highlighted()

    def _first_step(self) -> int:
        segments = self.choice.suggestion.segments
        return segments[0].cells[0] if segments else next(iter(self.cells))


def rows(found: Suggestion, cells: list[Cell]) -> Iterator[tuple[Text, ...]]:
    """Yield a row for each cell: its number, its step, what that reads and makes, the first line of code, and why."""
    outside = {each.cell: each.why for each in found.left_out}
    faulty = {each.cell for each in found.errors}
    for cell in cells:
        at = edits.step_with(found.segments, cell.index)
        number = Text(str(cell.index), style="bold red" if cell.index in faulty else "")
        code = Text(first_line(cell), style="" if at is not None else "dim")
        if at is None:
            yield number, Text("·", style="dim"), Text(), code, Text(outside.get(cell.index, "it defines"), "dim")
        elif cell.index == found.segments[at].cells[0]:
            name, _, flows, why = suggested.row(found.segments[at], found)
            yield number, Text(name, style="bold"), Text(flows), code, Text(why)
        else:
            yield number, Text("│"), Text(), code, Text()


def first_line(cell: Cell) -> str:
    """Return the first line of the cell that is no comment, shortened."""
    lines = [each for each in cell.source.splitlines() if each.strip()]
    line = next((each for each in lines if not each.lstrip().startswith("#")), (lines or [""])[0])
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def about(found: Suggestion, cell: Cell) -> Text:
    """Return what is said of a cell: its faults, or how many others have, and its code."""
    own = [each for each in found.errors if each.cell == cell.index]
    said = [f"{each.code}  {each.message}\n     {each.hint}" for each in own]
    if found.errors and not own:
        said = [f"{report.counted(found.errors)} in red cells"]
    return Text("\n").join([*(Text(each, style="red") for each in said), Text(cell.source)])
