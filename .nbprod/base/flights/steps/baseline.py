"""Baseline: cell 31 of notebooks/flights.ipynb."""

from pandera.typing import DataFrame
from sklearn.dummy import DummyClassifier

from flights.definitions import FEATURES
from flights.schemas.split import Training


def baseline(training: DataFrame[Training]) -> DummyClassifier:
    """The same chance for every flight: the share that was late until September.

    Args:
        training: 244,737 × 20 when recorded.
    """
    dummy = DummyClassifier(strategy="prior")
    dummy.fit(training[FEATURES], training["late"])
    return dummy
