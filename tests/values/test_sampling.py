from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.values import fingerprint, sample

N = 5000
EACH = np.arange(N)


def flights():
    carrier = np.array(["AA"] * N, dtype=object)
    carrier[3333] = "HA"
    delay = EACH % 60 - 10.0
    delay[4321] = np.nan
    return pd.DataFrame(
        {
            "carrier": carrier,
            "tailnum": [f"N{n % 900}" for n in EACH],
            "origin": np.array(["EWR", "JFK"])[EACH % 2],
            "dest": np.array(["ATL", "BOS", "ORD"])[EACH % 3],
            "hour": EACH % 500,
            "year": 2013,
            "delay": delay,
            "note": [None] * (N - 1) + ["late"],
        }
    )


PLANES = pd.DataFrame({"tailnum": [f"N{n}" for n in range(3000)], "year": 1990 + np.arange(3000) % 25, "seats": 100})
WEATHER = pd.DataFrame({"origin": ["EWR", "JFK"] * 500, "hour": np.repeat(np.arange(500), 2), "wind": 1.0})
AIRPORTS = pd.DataFrame({"faa": ["ATL", "BOS", "ORD", *(f"X{n}" for n in range(997))], "lat": 1.0})


def test_the_telling_rows_are_kept_in_order():
    table = flights()
    small = sample({"flights": table})["flights"]
    assert len(small) == 200
    assert small.index.is_monotonic_increasing
    assert set(small.carrier) == {"AA", "HA"}
    assert small.delay.isna().any()
    assert small.note.notna().any()
    assert small.note.isna().any()
    assert [*small.index[:3], *small.index[-3:]] == [0, 1, 2, N - 3, N - 2, N - 1]
    assert list(small.dtypes) == list(table.dtypes)


def test_values_of_one_length_keep_the_same_rows():
    table = flights()
    values = {
        "X": table,
        "y": table.delay > 15,
        "array": EACH,
        "matrix": np.column_stack([EACH, EACH]),
        "names": [f"n{n}" for n in EACH],
        "n": 3,
        "settings": {"rate": 0.1},
        "short": [1, 2, 3],
    }
    small = sample(values, rows=100)
    kept = small["X"].index
    assert len(kept) == 100
    assert small["y"].index.equals(kept)
    assert small["array"].tolist() == small["matrix"][:, 1].tolist() == kept.tolist()
    assert small["names"] == [f"n{n}" for n in kept]
    assert {name: small[name] for name in ("n", "settings", "short")} == {
        "n": 3,
        "settings": {"rate": 0.1},
        "short": [1, 2, 3],
    }
    assert list(small) == list(values)


def test_one_index_and_another_do_not_belong_together():
    table = flights()
    other = table.delay.set_axis(EACH + 7)
    small = sample({"X": table, "z": other})
    assert len(small["z"]) == 200


def test_dimension_tables_keep_what_joins():
    small = sample({"airports": AIRPORTS, "flights": flights(), "planes": PLANES, "weather": WEATHER})
    assert len(small["flights"].merge(small["planes"], on="tailnum")) == 200
    assert len(small["flights"].merge(small["weather"], on=["origin", "hour"])) == 200
    assert len(small["flights"].merge(small["airports"], left_on="dest", right_on="faa")) == 200
    assert all(len(small[name]) <= 400 for name in small)


def test_a_test_set_is_no_dimension_of_the_training_set():
    train, test = flights(), flights()[1000:3500].assign(delay=lambda d: d.delay + 0.5)
    test.loc[2000, "carrier"] = "ZZ"
    small = sample({"X_train": train, "X_test": test, "y_test": (test.delay > 15).to_numpy()})
    assert len(small["X_test"]) == len(small["y_test"]) == 200
    assert "ZZ" in set(small["X_test"].carrier)
    assert small["y_test"].tolist() == (small["X_test"].delay > 15).tolist()


def test_small_values_stay_as_they_are():
    table = flights()[:50]
    assert sample({"t": table})["t"] is table


def test_inputs_are_left_alone_and_the_same_rows_come_each_time():
    values = {"flights": flights(), "planes": PLANES, "names": [str(n) for n in EACH]}
    before = fingerprint(values)
    first, second = sample(values), sample(values)
    assert fingerprint(first) == fingerprint(second)
    first["flights"]["delay"] = 0
    first["names"].append("x")
    assert fingerprint(values) == before


def test_odd_columns_do_no_harm():
    table = pd.DataFrame({"a": [[n] for n in EACH], "b": pd.period_range("2000", periods=N, freq="D")})
    table = pd.concat([table, table], axis=1)
    index = pd.MultiIndex.from_product([range(N // 2), ["a", "b"]])
    assert sample({"t": table})["t"].shape == (200, 4)
    assert len(sample({"t": table.set_axis(index)})["t"]) == 200
    assert len(sample({"a": np.zeros(N, dtype="i4,f8")})["a"]) == 200
    assert len(sample({"a": [{"x": 1}] * N})["a"]) == 200


def test_cubes_texts_and_dicts_are_no_rows():
    cube = np.zeros((N, 2, 2))
    values = {"cube": cube, "text": "x" * N, "dict": dict.fromkeys(range(N))}
    assert all(sample(values)[name] is values[name] for name in values)


def test_polars():
    pl = pytest.importorskip("polars")
    table = pl.from_pandas(flights())
    small = sample({"flights": table, "planes": pl.from_pandas(PLANES), "y": (table["delay"] > 15)})
    assert small["flights"].height == len(small["y"]) == 200
    assert set(small["flights"]["carrier"]) == {"AA", "HA"}
    assert small["flights"].join(small["planes"], on="tailnum").height == 200


@settings(max_examples=40, deadline=None)
@given(total=st.integers(0, 600), rows=st.integers(1, 120), kinds=st.integers(1, 80))
def test_as_many_rows_as_asked_for_in_order(total, rows, kinds):
    table = pd.DataFrame({"k": [f"k{n % kinds}" for n in range(total)], "n": range(total)})
    kept = sample({"t": table}, rows=rows)["t"]
    assert len(kept) == min(total, max(rows, 6)) or len(kept) <= rows
    assert kept.n.is_monotonic_increasing
    if kinds <= min(rows - 6, 50, total):
        assert kept.k.nunique() == kinds
