"""Load: run, and compared with recorded rows, held to its schema."""

from flights.schemas.load import Airports, Flights, Planes, Weather
from flights.steps.load import load


def test_load_still_makes_what_was_recorded(sample, assert_rows_among):
    made = load()
    assert_rows_among(made.flights, sample("flights", of="outputs"))
    assert_rows_among(made.weather, sample("weather", of="outputs"))
    assert_rows_among(made.planes, sample("planes", of="outputs"))
    assert_rows_among(made.airports, sample("airports", of="outputs"))
    Flights.validate(made.flights, lazy=True)
    Weather.validate(made.weather, lazy=True)
    Planes.validate(made.planes, lazy=True)
    Airports.validate(made.airports, lazy=True)
