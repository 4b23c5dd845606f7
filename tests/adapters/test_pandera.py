"""What a check of a frame imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHECKED = """\
import sys
import pandas as pd, pandera.pandas as pa
from pandera.typing import Series
from nbprod.adapters import pandera

class Flown(pa.DataFrameModel):
    month: Series[int]

frame = pd.DataFrame({"month": [1, 12]})
assert not pandera.check(frame, Flown).failures
assert pandera.check(frame.astype(float), Flown).failures
assert "dask" not in sys.modules

import dask.dataframe as dd
from pandera.typing import dask

class Spread(pa.DataFrameModel):
    month: dask.Series[int]

assert dask.DASK_INSTALLED
assert Spread.validate(dd.from_pandas(frame, npartitions=1)).compute().equals(frame)
assert not pandera.check(frame, Flown).failures
"""


@pytest.mark.slow
def test_dask_is_imported_by_whoever_uses_it_and_by_no_check(tmp_path):
    done = subprocess.run([sys.executable, "-c", CHECKED], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
