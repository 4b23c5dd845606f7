"""Evaluate: cells 38, 39 and 40 of notebooks/flights.ipynb."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandera.typing import DataFrame
from sklearn.calibration import calibration_curve
from sklearn.dummy import DummyClassifier
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve
from sklearn.pipeline import Pipeline

from flights.definitions import FEATURES
from flights.schemas.evaluate import Calibration, Roc
from flights.schemas.split import Test


def scores(late, chance):
    """How well the chances rank the flights, and how far they are from what happened."""
    return {
        "auc": float(roc_auc_score(late, chance)),
        "log_loss": float(log_loss(late, chance, labels=[False, True])),
        "brier": float(brier_score_loss(late, chance)),
    }


class Evaluate(NamedTuple):
    """What evaluate makes."""

    metrics: dict[str, Any]
    roc: DataFrame[Roc]
    calibration: DataFrame[Calibration]


def evaluate(
    test: DataFrame[Test],
    model: Pipeline,
    dummy: DummyClassifier,
    *,
    redraws: int = 100,
    seed: int = 0,
) -> Evaluate:
    """Score model and baseline on the months that neither has seen, and draw the model's curves.

    Args:
        test: 82,609 × 20 when recorded.
        model: what train makes.
        dummy: what baseline makes.
        redraws: of the test days, for the interval around the AUC.
        seed: of everything that is drawn.

    Returns:
        metrics: 2 values when recorded.
        roc: 201 × 2 when recorded.
        calibration: 10 × 2 when recorded.
    """
    late = test["late"].to_numpy()
    chance = model.predict_proba(test[FEATURES])[:, 1]
    metrics = {
        "model": scores(late, chance),
        "baseline": scores(late, dummy.predict_proba(test[FEATURES])[:, 1]),
    }

    # Flights of one day share its weather: whole days are drawn, with replacement.
    generator = np.random.default_rng(seed)
    days = list(test.groupby("date").indices.values())
    aucs = []
    for _ in range(redraws):
        rows = np.concatenate([days[day] for day in generator.integers(len(days), size=len(days))])
        aucs.append(roc_auc_score(late[rows], chance[rows]))
    metrics["model"]["auc_low"], metrics["model"]["auc_high"] = (
        float(each) for each in np.quantile(aucs, [0.05, 0.95])
    )

    false_alarms, caught, _ = roc_curve(late, chance)
    # Two hundred points draw the curve as well as the tens of thousands that there are.
    grid = np.linspace(0, 1, 201)
    roc = pd.DataFrame({"false_alarms": grid, "caught": np.interp(grid, false_alarms, caught)})

    observed, predicted = calibration_curve(late, chance, n_bins=10, strategy="quantile")
    calibration = pd.DataFrame({"predicted": predicted, "observed": observed})
    return Evaluate(metrics=metrics, roc=roc, calibration=calibration)
