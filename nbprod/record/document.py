"""The live notebook: what is saved, brought up to date with what the kernel ran since."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from nbprod.model.live import Execution, LiveCell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

ALIKE = 0.5  # two texts of one step are versions of one cell when they share this much


def saved_cells(text: str) -> tuple[LiveCell, ...] | None:
    """Return the cells of a saved notebook, text cells too; None when it is not one that nbformat 4 describes."""
    try:
        found = json.loads(text)["cells"]
        return tuple(_cell(index, each) for index, each in enumerate(found))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _cell(index: int, saved: dict[str, Any]) -> LiveCell:
    source = saved["source"]
    text = source if isinstance(source, str) else "".join(source)
    tags = saved.get("metadata", {}).get("tags", ())
    return LiveCell(str(saved.get("id") or f"saved-{index}"), text, tuple(map(str, tags)), saved["cell_type"])


def live_cells(
    saved: Sequence[LiveCell] | None,
    saved_at: float,
    executions: Iterable[Execution],
    deleted: Collection[str] = (),
) -> tuple[LiveCell, ...]:
    """Return the notebook's cells in order; `executions` are the last of each cell, in the order of their first.

    An execution after `saved_at` is newer than what is saved. Cells that are not saved yet stand below the one that
    ran before them; without a saved notebook, cells stand in the order in which they first ran.

    >>> saved = [LiveCell("a", "x = 1"), LiveCell("b", "print(x)")]
    >>> later = [Execution("a", "x = 2", at=11.0), Execution("n", "y", at=12.0)]
    >>> [each.source for each in live_cells(saved, 10.0, later)]
    ['x = 2', 'y', 'print(x)']
    """
    cells = [each for each in saved or () if each.key not in deleted]
    places = {each.key: at for at, each in enumerate(cells)}
    last = len(cells) - 1
    for execution in executions:
        newer = saved is None or execution.at > saved_at
        if execution.key in places:
            last = places[execution.key]
            if newer:
                cells[last] = LiveCell(execution.key, execution.source, execution.tags or cells[last].tags)
        elif newer and execution.key not in deleted:
            last = len(cells) if saved is None else last + 1
            cells.insert(last, LiveCell(execution.key, execution.source, execution.tags))
            places.update((each.key, at) for at, each in enumerate(cells[last:], last))
    return tuple(cells)


def identified(source: str, cells: Sequence[LiveCell]) -> str | None:
    """Return the key of the cell that ran, for frontends that send no ids; None when it is a new one.

    It is the cell with exactly that text, or else one of the same step whose text is much the same.
    """
    exact = next((each.key for each in cells if each.source == source), None)
    if exact is not None or not (mark := _mark(source)):
        return exact
    versions = [(_likeness(each.source, source), each.key) for each in cells if _mark(each.source) == mark]
    likeness, key = max(versions, default=(0.0, ""))
    return key if likeness >= ALIKE else None


def _mark(source: str) -> str:
    """The step that the first line names: two versions of one cell share it."""
    words = source.lstrip().split("\n", 1)[0].split()
    return " ".join(words[:2]) if words and words[0] in {"%%step", "%%test"} else ""


def _likeness(old: str, new: str) -> float:
    """How much of two marked texts is the same, their marks left out."""
    before, after = (each.lstrip().partition("\n")[2] for each in (old, new))
    return difflib.SequenceMatcher(None, before, after, autojunk=False).ratio()


def as_text(cells: Sequence[LiveCell]) -> str:
    """Return the cells as the JSON of a notebook."""
    written: list[dict[str, Any]] = [
        {"cell_type": each.kind, "id": each.key, "metadata": {"tags": list(each.tags)}, "source": each.source}
        | ({"outputs": [], "execution_count": None} if each.kind == "code" else {})
        for each in cells
    ]
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def place_of(key: str, cells: Sequence[LiveCell]) -> int | None:
    """Return where the cell stands now; None when it is gone."""
    return next((at for at, each in enumerate(cells) if each.key == key), None)
