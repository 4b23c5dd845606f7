"""What evaluate makes, inferred from a recorded run.

Yours to edit: export keeps your edits.
"""

import pandera.pandas as pa
from pandera.typing import Series


class Roc(pa.DataFrameModel):
    """`roc`, as evaluate makes it. Inferred from 201 rows."""

    false_alarms: Series[float] = pa.Field(ge=0)
    caught: Series[float] = pa.Field(gt=0)


class Calibration(pa.DataFrameModel):
    """`calibration`, as evaluate makes it. Inferred from 10 rows."""

    predicted: Series[float]
    observed: Series[float]
