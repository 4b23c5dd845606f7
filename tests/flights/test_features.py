"""Features: replayed on the recorded sample, held to its schema and the notebook's own
checks.
"""

from flights.definitions import FEATURES
from flights.schemas.features import Table
from flights.steps.features import features


def test_features_gives_what_the_notebook_gave(sample, assert_same):
    made = features(sample("flown"), sample("weather"), sample("planes"), sample("airports"))
    assert_same(made, sample("table", of="outputs"))


def test_features_keeps_to_its_schema(sample):
    made = features(sample("flown"), sample("weather"), sample("planes"), sample("airports"))
    Table.validate(made, lazy=True)


def test_features_leaves_its_inputs_alone(sample, assert_same):
    flown = sample("flown")
    weather = sample("weather")
    planes = sample("planes")
    airports = sample("airports")
    features(flown, weather, planes, airports)
    assert_same(flown, sample("flown"))
    assert_same(weather, sample("weather"))
    assert_same(planes, sample("planes"))
    assert_same(airports, sample("airports"))


def test_features_is_deterministic(sample, assert_same):
    assert_same(
        features(sample("flown"), sample("weather"), sample("planes"), sample("airports")),
        features(sample("flown"), sample("weather"), sample("planes"), sample("airports")),
    )


def test_notebook_cell_21(sample):
    table = features(sample("flown"), sample("weather"), sample("planes"), sample("airports"))
    flown = sample("flown")
    assert len(table) == len(flown), "a join lost or multiplied flights"
    assert table["age"].dropna().between(0, 80).all()
    assert list(table.columns) == ["date", *FEATURES, "late"]
