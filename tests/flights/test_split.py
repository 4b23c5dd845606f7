"""Split: replayed on the recorded sample, held to its schema and the notebook's own
checks.
"""

from flights.schemas.split import Test as SchemaTest
from flights.schemas.split import Training
from flights.steps.split import split


def test_split_gives_what_the_notebook_gave(sample, assert_same):
    made = split(sample("table"), test_from="2013-10-01")
    assert_same(made.training, sample("training", of="outputs"))
    assert_same(made.test, sample("test", of="outputs"))


def test_split_keeps_to_its_schema(sample):
    made = split(sample("table"), test_from="2013-10-01")
    Training.validate(made.training, lazy=True)
    SchemaTest.validate(made.test, lazy=True)


def test_split_leaves_its_inputs_alone(sample, assert_same):
    table = sample("table")
    split(table, test_from="2013-10-01")
    assert_same(table, sample("table"))


def test_split_is_deterministic(sample, assert_same):
    first = split(sample("table"), test_from="2013-10-01")
    second = split(sample("table"), test_from="2013-10-01")
    assert_same(first.training, second.training)
    assert_same(first.test, second.test)


def test_notebook_cell_27(sample):
    made = split(sample("table"), test_from="2013-10-01")
    training = made.training
    test = made.test
    table = sample("table")
    assert training["date"].max() < test["date"].min()
    assert len(training) + len(test) == len(table)
