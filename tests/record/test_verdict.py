"""Do frames look as they did before?"""

from __future__ import annotations

import pytest

from nbprod.model.record import ColumnSeen, FrameSeen
from nbprod.record.verdict import Verdict, compared, summed


def frame(**dtypes):
    columns = (ColumnSeen(name, dtype.rstrip("?"), "other", dtype.endswith("?")) for name, dtype in dtypes.items())
    return FrameSeen("pandas", 3, tuple(columns))


@pytest.mark.parametrize(
    ("now", "differing"),
    [
        (frame(a="int64", b="str?"), ()),
        (frame(a="int64", b="str"), ()),
        (frame(a="float64", b="str?"), ("a is float64, was int64",)),
        (frame(a="int64?", b="str?"), ("a has missing values",)),
        (frame(a="int64"), ("b is gone",)),
        (frame(a="int64", b="str?", c="bool"), ("c is new",)),
    ],
)
def test_types_nulls_and_columns_count(now, differing):
    assert compared("f", now, frame(a="int64", b="str?")).differing == differing


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([], ""),
        ([Verdict("a")], "new"),
        ([Verdict("a", known=True)], "holds"),
        ([Verdict("a", known=True), Verdict("b")], "new"),
        ([Verdict("a", known=True, differing=("x",)), Verdict("b")], "1 column differs"),
        ([Verdict("a", known=True, differing=("x", "y"))], "2 columns differ"),
    ],
)
def test_one_word_for_all_frames_of_a_step(verdicts, said):
    assert summed(verdicts) == said
