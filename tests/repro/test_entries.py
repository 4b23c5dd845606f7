"""The text of a lock's entry is, for whatever it holds, what DVC would have written."""

from __future__ import annotations

import json
import re
from collections import OrderedDict

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from nbprod.adapters import yaml
from nbprod.repro import entries

# The first text waits for the table of all letters, the first call of DVC for its imports.
UNHURRIED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
MD5 = st.text("0123456789abcdef", min_size=32, max_size=32)
WORDS = st.sampled_from(
    ["true", "No", "~", "null", "1e3", "0x1", "1_000", "2020-01-01", "=", "<<", "a: b", "a #b", "- a"]
)
NAMES = WORDS | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=90)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
FILE = st.fixed_dictionaries(
    {"path": NAMES, "hash": st.just("md5"), "md5": MD5 | MD5.map("{}.dir".format), "size": st.integers(0)},
    optional={"nfiles": st.integers(0), "isexec": st.just(True)},  # noqa: FBT003  (a value)
)
ENTRIES = st.fixed_dictionaries(
    {"cmd": NAMES | st.lists(NAMES, min_size=1, max_size=2)},
    optional={
        "deps": st.lists(FILE, min_size=1, max_size=2),
        "params": st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=2),
        "outs": st.lists(FILE, min_size=1, max_size=2),
    },
)


def _by_dvc(name, entry) -> str:
    from dvc.utils.serialize import dumps_yaml

    return dumps_yaml({"schema": "2.0", "stages": {name: OrderedDict(entry)}})


@UNHURRIED
@given(NAMES, ENTRIES)
@example("a", {"cmd": "cp in.txt 'b c.txt' && echo \"$x\" > {y}"})
@example("a", {"cmd": "x " * 60})
@example("a", {"cmd": "x", "deps": [{"path": "p", "hash": "md5", "md5": "1" * 32, "size": 0}]})
@example("a", {"cmd": "x", "deps": [{"path": "p", "hash": "md5", "md5": "1" * 16 + "e" + "1" * 15, "size": 0}]})
@example("a", {"cmd": "x", "params": {"params.yaml": {"a": 0.1, "b": 1e-05, "c": 1e22, "d": True, "e": -1}}})
def test_a_block_is_what_dvc_writes(name, entry):
    assert f"schema: '2.0'\nstages:\n{entries.block(name, entry)}" == _by_dvc(name, entry)


@UNHURRIED
@given(ENTRIES)
def test_what_is_written_is_read_back(entry):
    assume(not re.search("[\x85\u2028\u2029]", json.dumps(entry, ensure_ascii=False)))  # DVC loses these line ends, too
    text = entries.block("a", entry)
    assert yaml.parse(f"stages:\n{text}", "dvc.lock") == {"stages": {"a": entry}}


@UNHURRIED
@given(ENTRIES)
def test_a_run_has_dvc_s_names(entry):
    from dvc.stage.cache import _get_cache_hash

    run = {"outs": [], **entry}
    assert entries.value_of(run) == _get_cache_hash(dict(run))
    assert entries.key_of(run) == _get_cache_hash(dict(run), key=True)
