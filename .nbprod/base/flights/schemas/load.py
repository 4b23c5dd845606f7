"""What load makes, inferred from a recorded run. Yours to edit: export keeps your edits."""

import pandera.pandas as pa
from pandera.typing import Series


class Flights(pa.DataFrameModel):
    """`flights`, as load makes it. Inferred from 336,776 rows."""

    year: Series[int] = pa.Field(gt=0)
    month: Series[int] = pa.Field(in_range={"min_value": 1, "max_value": 12})
    day: Series[int] = pa.Field(in_range={"min_value": 1, "max_value": 31})
    dep_time: Series[float] = pa.Field(gt=0, nullable=True)
    sched_dep_time: Series[int] = pa.Field(gt=0)
    dep_delay: Series[float] = pa.Field(nullable=True)
    arr_time: Series[float] = pa.Field(gt=0, nullable=True)
    sched_arr_time: Series[int] = pa.Field(gt=0)
    arr_delay: Series[float] = pa.Field(nullable=True)
    carrier: Series[str]
    flight: Series[int] = pa.Field(gt=0)
    tailnum: Series[str] = pa.Field(nullable=True)
    origin: Series[str] = pa.Field(isin=["EWR", "JFK", "LGA"])
    dest: Series[str]
    air_time: Series[float] = pa.Field(gt=0, nullable=True)
    distance: Series[int] = pa.Field(gt=0)
    hour: Series[int] = pa.Field(ge=0)
    minute: Series[int] = pa.Field(in_range={"min_value": 0, "max_value": 59})
    time_hour: Series[str]


class Weather(pa.DataFrameModel):
    """`weather`, as load makes it. Inferred from 26,115 rows."""

    origin: Series[str] = pa.Field(isin=["EWR", "JFK", "LGA"])
    year: Series[int] = pa.Field(gt=0)
    month: Series[int] = pa.Field(in_range={"min_value": 1, "max_value": 12})
    day: Series[int] = pa.Field(in_range={"min_value": 1, "max_value": 31})
    hour: Series[int] = pa.Field(in_range={"min_value": 0, "max_value": 23})
    temp: Series[float] = pa.Field(gt=0, nullable=True)
    dewp: Series[float] = pa.Field(nullable=True)
    humid: Series[float] = pa.Field(gt=0, nullable=True)
    wind_dir: Series[float] = pa.Field(ge=0, nullable=True)
    wind_speed: Series[float] = pa.Field(ge=0, nullable=True)
    wind_gust: Series[float] = pa.Field(gt=0, nullable=True)
    precip: Series[float] = pa.Field(ge=0)
    pressure: Series[float] = pa.Field(gt=0, nullable=True)
    visib: Series[float] = pa.Field(ge=0)
    time_hour: Series[str]


class Planes(pa.DataFrameModel):
    """`planes`, as load makes it. Inferred from 3,322 rows."""

    tailnum: Series[str] = pa.Field(unique=True)
    year: Series[float] = pa.Field(gt=0, nullable=True)
    type_: Series[str] = pa.Field(
        alias="type", isin=["Fixed wing multi engine", "Fixed wing single engine", "Rotorcraft"]
    )
    manufacturer: Series[str]
    model: Series[str]
    engines: Series[int] = pa.Field(gt=0)
    seats: Series[int] = pa.Field(gt=0)
    speed: Series[float] = pa.Field(gt=0, nullable=True)
    engine: Series[str] = pa.Field(
        isin=["4 Cycle", "Reciprocating", "Turbo-fan", "Turbo-jet", "Turbo-prop", "Turbo-shaft"]
    )


class Airports(pa.DataFrameModel):
    """`airports`, as load makes it. Inferred from 1,458 rows."""

    faa: Series[str] = pa.Field(unique=True)
    name: Series[str]
    lat: Series[float] = pa.Field(gt=0)
    lon: Series[float]
    alt: Series[int]
    tz: Series[int]
    dst: Series[str] = pa.Field(isin=["A", "N", "U"])
    tzone: Series[str] = pa.Field(
        isin=[
            "America/Anchorage",
            "America/Chicago",
            "America/Denver",
            "America/Los_Angeles",
            "America/New_York",
            "America/Phoenix",
            "America/Vancouver",
            "Asia/Chongqing",
            "Pacific/Honolulu",
        ],
        nullable=True,
    )
