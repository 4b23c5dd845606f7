"""What the tests of flights share: samples, how values compare, the notebook's folder."""

import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(__file__).resolve().parent / "samples"
sys.path.insert(0, str(ROOT))


@pytest.fixture(autouse=True)
def notebook_folder(monkeypatch):
    """Steps run where the notebook runs, so that relative paths mean the same."""
    monkeypatch.chdir(ROOT / "notebooks")


@pytest.fixture
def sample(request):
    """A recorded value of the tested step: `sample("NAME")`, `sample("NAME", of="outputs")`."""
    step = request.path.stem.removeprefix("test_")
    return lambda name, of="inputs": read(SAMPLES / step / of, name)


@pytest.fixture
def stored():
    """What a step has stored for the pipeline; the test is skipped where it has not run."""

    def found(step, name):
        try:
            return read(ROOT / "data" / step, name)
        except LookupError:
            pytest.skip(f"data/{step} holds no {name}: run dvc repro {step}")

    return found


@pytest.fixture
def assert_same(tmp_path):
    """Assert that two values are the same; floats may differ in their last digits.

    Metrics and plots are compared as they are stored, and pictures roughly.
    """
    from nbprod.values import first_difference, load, save

    def check(made, expected, role="out"):
        if role != "out":
            made = load(save(made, tmp_path, "made", role=role).path)
        if role == "plot" and hasattr(made, "ndim") and made.ndim == 3:
            assert made.shape == expected.shape
            assert abs(made - expected).mean() < 0.01
        else:
            assert first_difference(made, expected, rtol=1e-9, atol=1e-12) is None

    return check


@pytest.fixture
def assert_rows_among(assert_same):
    """Assert that recorded rows are still among those that are made now."""

    def check(made, rows):
        if hasattr(made, "collect"):
            made, rows = made.collect(), rows.collect() if hasattr(rows, "collect") else rows
        if hasattr(made, "loc") and made.index.is_unique:
            assert_same(made.loc[made.index.isin(rows.index)], rows)
        elif hasattr(made, "loc"):
            assert texts_of(rows) <= texts_of(made), "recorded rows are gone"
        elif hasattr(made, "join") and hasattr(made, "columns"):
            lost = rows.join(made, on=rows.columns, how="anti", nulls_equal=True)
            assert lost.is_empty(), f"{lost.height} recorded rows are gone"
        elif hasattr(made, "ndim") and made.ndim and made.dtype != object:
            kept = {row.tobytes() for row in made}
            assert all(row.tobytes() in kept for row in rows)
        elif isinstance(made, list) and len(made) != len(rows):
            assert all(row in made for row in rows)
        else:
            assert_same(made, rows)

    return check


def texts_of(frame):
    """The rows of a frame or series as texts."""
    table = frame.to_frame() if frame.ndim == 1 else frame
    return set(table.astype(str).agg("|".join, axis=1))


def read(folder, name):
    """Load the value of that name; a file that holds several joins their names by `+`."""
    from nbprod.values import load

    for path in sorted(folder.glob("*")):
        names = path.name.partition(".")[0].split("+")
        if name in names:
            value = load(path)
            return value[name] if len(names) > 1 else value
    raise LookupError(f"{folder} holds no {name}")
