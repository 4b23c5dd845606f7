"""Python's own values: text and bytes as they are, the others as JSON with a tagged form for what JSON lacks."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

from nbprod.values.formats.arrays import packed
from nbprod.values.formats.format import DoesNotFitError, Format

ARRAY_LIMIT = 10_000  # elements of an array inside a JSON value; larger ones belong in a binary format
READABLE = 20_000  # characters of JSON that somebody may want to read
NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encoded(value: Any) -> Any:
    """The value in JSON's terms; a dict with one "$…" key is a tagged form.

    >>> encoded((1, {2}))
    {'$tuple': [1, {'$set': [2]}]}

    Raises:
        DoesNotFitError: some part has no form.
    """
    kind = type(value)
    if value is None or kind in {bool, int, str}:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind is list:
        return [encoded(each) for each in value]
    if kind is dict:
        return _encoded_dict(value)
    if kind in ENCODERS:
        tag, encode = ENCODERS[kind]
        return {tag: encode(value)}
    if kind.__module__ == "numpy":
        return _encoded_numpy(value)
    raise DoesNotFitError(f"JSON has no form for {kind.__qualname__}")


def _encoded_dict(value: dict[Any, Any]) -> Any:
    if all(type(key) is str for key in value) and not any(key.startswith("$") for key in value):
        return {key: encoded(each) for key, each in value.items()}
    return {"$dict": [[encoded(key), encoded(each)] for key, each in value.items()]}


def _encoded_numpy(value: Any) -> Any:
    import numpy as np

    dtype = getattr(value, "dtype", None)
    if dtype is None or dtype.kind not in "biufUMm" or not isinstance(value, np.generic | np.ndarray):
        raise DoesNotFitError(f"JSON has no form for numpy.{type(value).__name__}")
    if isinstance(value, np.ndarray) and (type(value) is not np.ndarray or value.size > ARRAY_LIMIT):
        raise DoesNotFitError("a large or unusual array")
    numbers = value.view("i8") if dtype.kind in "Mm" else value
    tag = "$array" if isinstance(value, np.ndarray) else "$number"
    if dtype.kind == "f" and dtype.itemsize > 8:
        raise DoesNotFitError("a number wider than 64 bits")
    return {tag: [dtype.str, encoded(numbers.tolist()), *(_layout(value) if tag == "$array" else [])]}


def _layout(array: Any) -> list[Any]:
    """The shape, and "F" where columns lie together in memory."""
    return [list(array.shape), *(["F"] if packed(array).flags.fnc else [])]


def decoded(value: Any) -> Any:
    """What `encoded` was given.

    >>> decoded({"$tuple": [1, {"$set": [2]}]})
    (1, {2})
    """
    if type(value) is list:
        return [decoded(each) for each in value]
    if type(value) is not dict:
        return value
    if len(value) == 1:
        tag, content = next(iter(value.items()))
        if tag in DECODERS:
            return DECODERS[tag](content)
    return {key: decoded(each) for key, each in value.items()}


def _number(content: list[Any]) -> Any:
    import numpy as np

    dtype = np.dtype(content[0])
    number = decoded(content[1])
    return np.int64(number).view(dtype) if dtype.kind in "Mm" else dtype.type(number)


def _array(content: list[Any]) -> Any:
    import numpy as np

    dtype = np.dtype(content[0])
    plain = np.array(decoded(content[1]), dtype="i8" if dtype.kind in "Mm" else dtype)
    shaped = plain.view(dtype).reshape(content[2]) if dtype.kind in "Mm" else plain.reshape(content[2])
    return np.asarray(shaped, order=content[3] if len(content) > 3 else "C")


def _items(value: Any) -> list[Any]:
    return [encoded(each) for each in value]


def _sorted_items(value: Any) -> list[Any]:
    return sorted(_items(value), key=lambda each: json.dumps(each, sort_keys=True))


def _moment(value: dt.datetime | dt.time) -> str:
    if value.fold or not (value.tzinfo is None or type(value.tzinfo) is dt.timezone):
        raise DoesNotFitError("a time zone by name")
    return value.isoformat()


ENCODERS: dict[type, tuple[str, Any]] = {
    tuple: ("$tuple", _items),
    set: ("$set", _sorted_items),
    frozenset: ("$frozenset", _sorted_items),
    complex: ("$complex", lambda value: [encoded(value.real), encoded(value.imag)]),
    bytes: ("$bytes", lambda value: base64.b64encode(value).decode()),
    dt.datetime: ("$datetime", _moment),
    dt.time: ("$time", _moment),
    dt.date: ("$date", dt.date.isoformat),
    dt.timedelta: ("$timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    Decimal: ("$decimal", str),
    type(Path()): ("$path", str),
    range: ("$range", lambda value: [value.start, value.stop, value.step]),
}

DECODERS: dict[str, Any] = {
    "$tuple": lambda content: tuple(map(decoded, content)),
    "$set": lambda content: set(map(decoded, content)),
    "$frozenset": lambda content: frozenset(map(decoded, content)),
    "$complex": lambda content: complex(*map(decoded, content)),
    "$bytes": base64.b64decode,
    "$datetime": dt.datetime.fromisoformat,
    "$time": dt.time.fromisoformat,
    "$date": dt.date.fromisoformat,
    "$timedelta": lambda content: dt.timedelta(*content),
    "$decimal": Decimal,
    "$path": Path,
    "$range": lambda content: range(*content),
    "$float": NON_FINITE.__getitem__,
    "$dict": lambda content: {decoded(key): decoded(each) for key, each in content},
    "$number": _number,
    "$array": _array,
}


def fits_json(value: object) -> bool:
    """Whether it is one of Python's or NumPy's small values; its parts are looked at while writing."""
    kind = type(value)
    if kind in {type(None), bool, int, float, list, dict} or kind in ENCODERS:
        return kind is not bytes
    return kind.__module__ == "numpy" and hasattr(value, "dtype") and not getattr(value, "shape", ())


def write_json(value: Any, path: Path) -> None:
    """Write a value as JSON."""
    try:
        content = _json_text(encoded(value)).encode()
    except (ValueError, RecursionError) as error:
        raise DoesNotFitError(str(error)) from error
    path.write_bytes(content + b"\n")


def _json_text(form: Any) -> str:
    """JSON on lines of its own where it is short enough for people to read; indenting a long one is slow."""
    compact = json.dumps(form, ensure_ascii=False, allow_nan=False)
    return compact if len(compact) > READABLE else json.dumps(form, ensure_ascii=False, indent=1)


def read_json(path: Path) -> Any:
    """Read a value that was written as JSON."""
    return decoded(json.loads(path.read_bytes()))


def write_text(value: str, path: Path) -> None:
    """Write a text as UTF-8, with its line ends as they are."""
    try:
        path.write_bytes(value.encode())
    except UnicodeEncodeError as error:
        raise DoesNotFitError(str(error)) from error


def write_bytes(value: bytes, path: Path) -> None:
    """Write bytes as they are."""
    path.write_bytes(value)


def _read_text(path: Path) -> str:
    return path.read_bytes().decode()


JSON = Format("json", "json", fits_json, write_json, read_json)
TEXT = Format("text", "txt", lambda value: type(value) is str, write_text, _read_text)
BYTES = Format("bytes", "bin", lambda value: type(value) is bytes, write_bytes, Path.read_bytes)
