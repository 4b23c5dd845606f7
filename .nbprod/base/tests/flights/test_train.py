"""Train: replayed on the recorded sample."""

from flights.steps.train import train


def test_train_gives_what_the_notebook_gave(sample, assert_same):
    made = train(sample("training"), strength=1.0)
    assert_same(made, sample("model", of="outputs"))


def test_train_leaves_its_inputs_alone(sample, assert_same):
    training = sample("training")
    train(training, strength=1.0)
    assert_same(training, sample("training"))


def test_train_is_deterministic(sample, assert_same):
    assert_same(train(sample("training"), strength=1.0), train(sample("training"), strength=1.0))
