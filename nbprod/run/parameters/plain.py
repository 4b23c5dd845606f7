"""A value as a file can hold it, or a line of text: both lead back to the value."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

from nbprod.run.parameters import numpys
from nbprod.run.parameters.layout import quoted


def plain(value: Any) -> Any:
    """Return the value in YAML's and JSON's types; `from_data` makes of it what it was.

    >>> plain({"day": dt.date(2026, 11, 23), "stores": {"002", "001"}})
    {'day': '2026-11-23', 'stores': ['001', '002']}
    """
    if isinstance(value, enum.Enum):
        return value.value if value.name is None else value.name
    if isinstance(value, dict):
        return {_key(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=lambda each: (type(each).__name__, each))
    if numpys.is_kind(type(value)):
        return _scalar(numpys.plain(value))
    return _scalar(value)


def text_of(value: Any) -> str:
    """Return the value on one line, for tables and names; `from_text` makes of it what it was.

    >>> text_of(["001", None, 0.5]), text_of(dt.timedelta(hours=36)), text_of(True), text_of("EWR")
    ('["001", null, 0.5]', '1 day, 12:00:00', 'true', 'EWR')
    """
    made = plain(value)
    return made if isinstance(made, str) else _flow(made)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _key(value: Any) -> Any:
    made = plain(value)
    return tuple(map(_key, made)) if isinstance(made, list) else made


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + "".join(f"{_flow(each)}, " for each in value).strip() + ")"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return quoted(value)
    return "null" if value is None else repr(value).lower() if isinstance(value, bool) else repr(value)
