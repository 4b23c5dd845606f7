"""Features: cell 20 of notebooks/flights.ipynb."""

from pandera.typing import DataFrame

from flights.definitions import FEATURES, WEATHER
from flights.schemas.clean import Flown
from flights.schemas.features import Table
from flights.schemas.load import Airports, Planes, Weather


def features(
    flown: DataFrame[Flown],
    weather: DataFrame[Weather],
    planes: DataFrame[Planes],
    airports: DataFrame[Airports],
) -> DataFrame[Table]:
    """What is known of each flight before it leaves, one row a flight.

    Args:
        flown: 327,346 × 17 when recorded.
        weather: 26,115 × 15 when recorded.
        planes: 3,322 × 9 when recorded.
        airports: 1,458 × 8 when recorded.

    Returns:
        327,346 × 20 when recorded.
    """
    observed = weather[["origin", "time_hour", *WEATHER]]
    fleet = planes.rename(columns={"year": "built"})[["tailnum", "built", "seats"]]
    places = airports.rename(columns={"faa": "dest"})[["dest", "lat", "lon"]]

    table = (
        flown.merge(observed, on=["origin", "time_hour"], how="left", validate="many_to_one")
        .merge(fleet, on="tailnum", how="left", validate="many_to_one")
        .merge(places, on="dest", how="left", validate="many_to_one")
    )
    table["age"] = table["year"] - table["built"]
    table["weekday"] = table["date"].dt.day_name()
    return table[["date", *FEATURES, "late"]]
