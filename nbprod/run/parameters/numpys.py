"""numpy's scalars; numpy is there already when a type or a value is one of its own."""

from __future__ import annotations

from typing import Any

from nbprod.run.parameters import durations


def is_kind(kind: Any) -> bool:
    """Whether it is a class of numpy's scalars."""
    return isinstance(kind, type) and kind.__module__ == "numpy" and _is(kind, "generic")


def is_scalar(value: Any) -> bool:
    """Whether it is one of numpy's scalars that Python has too."""
    return is_kind(type(value)) and not _is(type(value), "datetime64") and not _is(type(value), "timedelta64")


def of_text(text: str, kind: Any) -> Any:
    """Return the scalar that the text spells; ValueError if none."""
    if _is(kind, "bool"):
        return kind({"true": True, "false": False}[text.lower()])
    if _is(kind, "integer") and not _is(kind, "timedelta64"):
        return of_typed(int(text), kind)
    if _is(kind, "floating"):
        return kind(float(text))
    if _is(kind, "complexfloating"):
        return kind(complex(text))
    return of_typed(text, kind)


def of_typed(value: Any, kind: Any) -> Any:
    """Return the scalar that loses nothing of the value but a float's digits; TypeError or OverflowError if none."""
    value = value.item() if is_scalar(value) else value
    if _is(kind, "timedelta64"):
        return kind(durations.parsed(value) if isinstance(value, str) else value)
    if not isinstance(value, _accepted(kind)) or (isinstance(value, bool) and not _is(kind, "bool")):
        raise TypeError(f"{value} is no {kind}")
    made = kind(value)
    if _is(kind, "integer") and int(made) != value:
        raise OverflowError(f"{value} is too large for {kind}")
    return made


def _accepted(kind: type) -> tuple[type, ...]:
    import datetime as dt

    table = {
        "bool": (bool,), "integer": (int,), "floating": (int, float), "complexfloating": (int, float, complex, str),
        "str_": (str,), "datetime64": (str, dt.date),
    }  # fmt: skip
    return next((accepted for name, accepted in table.items() if _is(kind, name)), ())


def _is(kind: type, name: str) -> bool:
    names = {each.__name__ for each in kind.__mro__}
    return name in names or (name == "bool" and "bool_" in names)
