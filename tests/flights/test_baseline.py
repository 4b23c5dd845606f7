"""Baseline: replayed on the recorded sample."""

from flights.steps.baseline import baseline


def test_baseline_gives_what_the_notebook_gave(sample, assert_same):
    made = baseline(sample("training"))
    assert_same(made, sample("dummy", of="outputs"))


def test_baseline_leaves_its_inputs_alone(sample, assert_same):
    training = sample("training")
    baseline(training)
    assert_same(training, sample("training"))


def test_baseline_is_deterministic(sample, assert_same):
    assert_same(baseline(sample("training")), baseline(sample("training")))
