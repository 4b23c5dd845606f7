"""Clean: replayed on the recorded sample, held to its schema and the notebook's own
checks.
"""

from flights.schemas.clean import Flown
from flights.steps.clean import clean


def test_clean_gives_what_the_notebook_gave(sample, assert_same):
    made = clean(sample("flights"), late_after=30)
    assert_same(made, sample("flown", of="outputs"))


def test_clean_keeps_to_its_schema(sample):
    made = clean(sample("flights"), late_after=30)
    Flown.validate(made, lazy=True)


def test_clean_leaves_its_inputs_alone(sample, assert_same):
    flights = sample("flights")
    clean(flights, late_after=30)
    assert_same(flights, sample("flights"))


def test_clean_is_deterministic(sample, assert_same):
    assert_same(clean(sample("flights"), late_after=30), clean(sample("flights"), late_after=30))


def test_notebook_cell_13(sample):
    flown = clean(sample("flights"), late_after=30)
    assert flown["late"].notna().all()
    assert not {"dep_delay", "arr_delay", "air_time"} & set(flown.columns), "known only afterwards"
    assert (flown["departures"] >= 1).all()
