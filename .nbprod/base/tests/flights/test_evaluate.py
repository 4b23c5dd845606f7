"""Evaluate: replayed on the recorded sample, held to its schema and the notebook's own
checks.
"""

from flights.schemas.evaluate import Calibration, Roc
from flights.steps.evaluate import evaluate


def test_evaluate_gives_what_the_notebook_gave(sample, assert_same):
    made = evaluate(sample("test"), sample("model"), sample("dummy"), redraws=100, seed=0)
    assert_same(made.metrics, sample("metrics", of="outputs"), role="metric")
    assert_same(made.roc, sample("roc", of="outputs"), role="plot")
    assert_same(made.calibration, sample("calibration", of="outputs"), role="plot")


def test_evaluate_keeps_to_its_schema(sample):
    made = evaluate(sample("test"), sample("model"), sample("dummy"), redraws=100, seed=0)
    Roc.validate(made.roc, lazy=True)
    Calibration.validate(made.calibration, lazy=True)


def test_evaluate_leaves_its_inputs_alone(sample, assert_same):
    test = sample("test")
    model = sample("model")
    dummy = sample("dummy")
    evaluate(test, model, dummy, redraws=100, seed=0)
    assert_same(test, sample("test"))
    assert_same(model, sample("model"))
    assert_same(dummy, sample("dummy"))


def test_evaluate_is_deterministic(sample, assert_same):
    first = evaluate(sample("test"), sample("model"), sample("dummy"), redraws=100, seed=0)
    second = evaluate(sample("test"), sample("model"), sample("dummy"), redraws=100, seed=0)
    assert_same(first.metrics, second.metrics)
    assert_same(first.roc, second.roc)
    assert_same(first.calibration, second.calibration)


def test_notebook_cell_41(sample):
    made = evaluate(sample("test"), sample("model"), sample("dummy"), redraws=100, seed=0)
    metrics = made.metrics
    roc = made.roc
    assert 0 <= metrics["model"]["brier"] <= 1
    assert roc["caught"].is_monotonic_increasing
