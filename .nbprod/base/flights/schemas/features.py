"""What features makes, inferred from a recorded run.

Yours to edit: export keeps your edits.
"""

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series


class Table(pa.DataFrameModel):
    """What is known of each flight before it leaves, one row a flight.

    Inferred from 327,346 rows.
    """

    date: Series[pd.Timestamp]
    distance: Series[int] = pa.Field(gt=0)
    departures: Series[int] = pa.Field(gt=0)
    seats: Series[float] = pa.Field(gt=0, nullable=True)
    age: Series[float] = pa.Field(ge=0, nullable=True)
    lat: Series[float] = pa.Field(gt=0, nullable=True)
    lon: Series[float] = pa.Field(lt=0, nullable=True)
    temp: Series[float] = pa.Field(gt=0, nullable=True)
    humid: Series[float] = pa.Field(gt=0, nullable=True)
    wind_dir: Series[float] = pa.Field(ge=0, nullable=True)
    wind_speed: Series[float] = pa.Field(ge=0, nullable=True)
    precip: Series[float] = pa.Field(ge=0, nullable=True)
    pressure: Series[float] = pa.Field(gt=0, nullable=True)
    visib: Series[float] = pa.Field(ge=0, nullable=True)
    carrier: Series[str]
    origin: Series[str] = pa.Field(isin=["EWR", "JFK", "LGA"])
    dest: Series[str]
    hour: Series[int] = pa.Field(ge=0)
    weekday: Series[str] = pa.Field(
        isin=["Friday", "Monday", "Saturday", "Sunday", "Thursday", "Tuesday", "Wednesday"]
    )
    late: Series[bool]
