"""Clean: cells 10 and 12 of notebooks/flights.ipynb."""

import pandas as pd
from pandera.typing import DataFrame

from flights.schemas.clean import Flown
from flights.schemas.load import Flights


def clean(flights: DataFrame[Flights], *, late_after: int = 30) -> DataFrame[Flown]:
    """Keep the flights that arrived, and say which of them were late.

    Args:
        flights: 336,776 × 19 when recorded.
        late_after: minutes after schedule from which an arrival counts as late.

    Returns:
        327,346 × 17 when recorded; adds `departures`, `late` and `date`.
    """
    # Counted on the schedule, before cancelled flights leave the table: the airport planned for them.
    departures = flights.groupby(["origin", "time_hour"])["flight"].transform("size")
    flown = flights.assign(departures=departures)
    flown = flown.dropna(subset=["arr_delay"]).copy()

    flown["late"] = flown["arr_delay"] >= late_after
    flown["date"] = pd.to_datetime(flown[["year", "month", "day"]])
    flown = flown.drop(columns=["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"])
    return flown
