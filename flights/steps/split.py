"""Split: cell 26 of notebooks/flights.ipynb."""

from typing import NamedTuple

from pandera.typing import DataFrame

from flights.schemas.features import Table
from flights.schemas.split import Test, Training


class Split(NamedTuple):
    """What split makes."""

    training: DataFrame[Training]
    test: DataFrame[Test]


def split(table: DataFrame[Table], *, test_from: str = "2013-10-01") -> Split:
    """Split by time, as the model will be used: learn from the past, be judged on the future.

    Args:
        table: 327,346 × 20 when recorded.
        test_from: the model learns from the days before, and is judged on the rest.

    Returns:
        training: 244,737 × 20 when recorded.
        test: 82,609 × 20 when recorded.
    """
    training = table[table["date"] < test_from]
    test = table[table["date"] >= test_from]
    return Split(training=training, test=test)
