"""numpy's scalars; numpy is there already when a type or a value is one of its own."""

from __future__ import annotations

from typing import Any

from nbprod.run.parameters import durations
from nbprod.run.parameters.layout import quoted


def is_kind(kind: Any) -> bool:
    """Whether it is a class of numpy's scalars."""
    return isinstance(kind, type) and kind.__module__ == "numpy" and _is(kind, "generic")


def is_scalar(value: Any) -> bool:
    """Whether it is one of numpy's scalars that Python has too."""
    return is_kind(type(value)) and not _is(type(value), "datetime64") and not _is(type(value), "timedelta64")


def of_text(text: str, kind: Any) -> Any:
    """Return the scalar that the text spells; ValueError if none."""
    if _is(kind, "bool"):
        return kind({"true": True, "false": False}[text.strip().lower()])
    if _is(kind, "integer") and not _is(kind, "timedelta64"):
        return of_typed(int(text), kind)
    if _is(kind, "floating"):
        return of_typed(float(text), kind)
    if _is(kind, "complexfloating"):
        return kind(complex(text))
    return of_typed(text, kind)


def of_typed(value: Any, kind: Any) -> Any:
    """Return the scalar that loses nothing of the value but a float's digits; TypeError or OverflowError if none."""
    value = value.item() if is_scalar(value) else value
    if not isinstance(value, _accepted(kind)) or (isinstance(value, bool) and not _is(kind, "bool")):
        raise TypeError(f"{value} is no {kind}")
    made = _duration(value, kind) if _is(kind, "timedelta64") and isinstance(value, str) else _made(value, kind)
    if _is_lost(made, value):
        raise OverflowError(f"{value} cannot be a {kind}")
    return made


def _made(value: Any, kind: Any) -> Any:
    import numpy as np

    with np.errstate(over="ignore"):
        return kind(value)


def _is_lost(made: Any, value: Any) -> bool:
    """Whether it is too large, or no moment at all."""
    import numpy as np

    kind = type(made)
    if _is(kind, "datetime64") or _is(kind, "timedelta64"):
        return bool(np.isnat(made))
    if _is(kind, "floating"):
        return bool(np.isinf(made)) and not np.isinf(float(value))
    return _is(kind, "integer") and int(made) != value


def _duration(text: str, kind: Any) -> Any:
    amount, _, unit = text.partition(" ")
    try:
        return kind(durations.parsed(text))
    except ValueError:  # in units of numpy's own
        return kind(int(amount), unit)


def plain(value: Any) -> Any:
    """Return the scalar as Python has it, or as a text."""
    if _is(type(value), "timedelta64"):
        finest = value.astype("timedelta64[us]")
        return str(finest.item()) if finest == value else _parts(value)
    return value.item() if is_scalar(value) and type(value.item()) is not type(value) else str(value)


def _parts(value: Any, between: str = " {}") -> str:
    import numpy as np

    unit, count = np.datetime_data(value.dtype)
    return str(int(value.astype("int64")) * count) + between.format(unit)


def _accepted(kind: type) -> tuple[type, ...]:
    import datetime as dt

    table = {
        "timedelta64": (str, dt.timedelta), "datetime64": (str, dt.date), "str_": (str,), "bool": (bool,),
        "integer": (int,), "floating": (int, float), "complexfloating": (int, float, complex, str),
    }  # fmt: skip
    return next((accepted for name, accepted in table.items() if _is(kind, name)), ())


def _is(kind: type, name: str) -> bool:
    names = {each.__name__ for each in kind.__mro__}
    return name in names or (name == "bool" and "bool_" in names)


def written(value: Any) -> str:
    """Return what stands between the brackets of the call that makes the scalar."""
    import numpy as np

    kind = type(value)
    if _is(kind, "timedelta64"):
        return _parts(value, ', "{}"')
    if _is(kind, "bool") or (_is(kind, "integer")):
        return str(value)
    if _is(kind, "floating") and np.isfinite(value) and kind is not np.longdouble:
        return str(value).replace("e+", "e")
    if _is(kind, "complexfloating") and np.isfinite(value) and kind is not np.clongdouble:
        return f"complex({value.real.item()!r}, {value.imag.item()!r})".replace("e+", "e")
    return quoted(str(value))
