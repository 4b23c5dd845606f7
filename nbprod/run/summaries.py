"""A value in a few words, for the line that a step prints."""

from __future__ import annotations

from nbprod.values.describe import told


def summary(value: object) -> str:
    """Return rows and columns, a count, or the type's name.

    >>> summary({"auc": 0.7, "brier": 0.1}), summary([1]), summary(0.5), summary(None)
    ('2 values', '1 value', 'float', 'None')
    """
    shape = told(value, "shape")
    if isinstance(shape, tuple) and shape and all(isinstance(each, int) for each in shape):
        return " × ".join(f"{each:,}" for each in shape)
    if isinstance(value, dict | list | tuple | set | frozenset):
        return f"{len(value):,} value{'' if len(value) == 1 else 's'}"
    return "None" if value is None else type(value).__name__
