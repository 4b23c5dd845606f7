"""Hidden state: what a run from the top would not have."""

from __future__ import annotations

import pytest

from nbprod.model.graph import CellFacts, CellKind
from nbprod.model.live import Execution, LiveCell
from nbprod.record.hidden import hidden_state

CELLS = (LiveCell("a", "x = 1"), LiveCell("b", "x = x + 1"), LiveCell("c", "print(x)"), LiveCell("d", "x = 9"))
WRITES = ({"x"}, {"x"}, set(), {"x"})
FACTS = tuple(
    CellFacts(index, cell.key, CellKind.EXPLORATION, None, frozenset({"x"}), frozenset(writes))
    for index, (cell, writes) in enumerate(zip(CELLS, WRITES, strict=True))
)


@pytest.mark.parametrize(
    ("cell", "writer", "said"),
    [
        pytest.param(2, Execution("b", "x = x + 1"), (), id="in order"),
        pytest.param(2, None, (), id="from before the extension was loaded"),
        pytest.param(
            2, Execution("z", "x = 5"), ("comes from a cell that is gone; run cell 1 again first",), id="deleted"
        ),
        pytest.param(2, Execution("b", "x = 5"), ("comes from an earlier version of cell 1",), id="edited"),
        pytest.param(
            2, Execution("d", "x = 9"), ("was last changed by cell 3, below this one; run cell 1",), id="below"
        ),
        pytest.param(2, Execution("a", "x = 1"), ("is older than cell 1, which sets it",), id="skipped"),
        pytest.param(1, Execution("b", "x = x + 1"), ("earlier run of this cell; run cell 0",), id="run twice"),
        pytest.param(0, Execution("d", "x = 9"), ("was last changed by cell 3, below this one",), id="only below"),
    ],
)
def test_only_what_ran_out_of_order_is_named(cell, writer, said):
    found = hidden_state(cell, ["x"], CELLS, FACTS, {"x": writer} if writer else {})
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))
    assert all(sentence.startswith("hidden state: x ") for sentence in found)
