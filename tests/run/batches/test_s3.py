"""A batch whose folder is a bucket on a real S3 server, from Python."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import nbprod
from nbprod.run.batches.folder import Folder

from .test_dask import notebook

pytestmark = pytest.mark.slow
CELLS = ("%load_ext nbprod", "number: int = 0", "%%step square --metrics result\nresult = {'square': number ** 2}")


def test_a_batch_in_a_bucket(bucket, tmp_path):
    (tmp_path / "pyproject.toml").touch()
    path = tmp_path / "square.ipynb"
    path.write_text(notebook(CELLS))
    out = f"{bucket}/out"
    first = nbprod.batch(path, grid={"number": [1, 2]}, out=out, jobs=2)
    assert first["square"].tolist() == [1, 4]
    written = Folder(out).read("runs/number=2/run.json")
    second = nbprod.batch(path, grid={"number": range(2, 4)}, out=out, jobs=1)
    assert second["square"].tolist() == [4, 9]
    assert Folder(out).read("runs/number=2/run.json") == written  # it was complete
    pd.testing.assert_frame_equal(pd.read_parquet(f"{out}/index.parquet"), second)
    executed = json.loads(Folder(out).read("runs/number=3/notebook.ipynb"))
    assert any("number: int = 3" in "".join(cell["source"]) for cell in executed["cells"])
    assert json.loads(Folder(out).read("runs/number=3/outputs/result.json")) == {"square": 9}
    assert b"<svg" in Folder(out).read("report.html")
