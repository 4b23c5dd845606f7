"""Where two values first differ: what verify shows, and what generated tests say when they fail."""

from __future__ import annotations

import types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbprod.values.comparing.difference import Difference, Rules, brief
from nbprod.values.content import objects
from nbprod.values.content.walk import NoContentError
from nbprod.values.fingerprint import same_content
from nbprod.values.formats.format import FIGURES, PANDAS_FRAMES, PANDAS_SERIES, POLARS_FRAMES, POLARS_SERIES, is_a
from nbprod.values.types import public_name

if TYPE_CHECKING:
    from collections.abc import Callable

PANDAS_INDEXES = ("pandas.Index", "pandas.core.indexes.base.Index")
CODE = (types.FunctionType, types.BuiltinFunctionType, type, types.ModuleType, types.CodeType)


def first_difference(
    left: object, right: object, *, rtol: float = 0.0, atol: float = 0.0, exact_types: bool = True
) -> Difference | None:
    """Return where two values first differ, or None if they are equal; NaN equals NaN.

    Numbers are held to be equal exactly unless a tolerance is given, relative to the right one. Without `exact_types`
    1, 1.0 and np.float64(1) are equal, and a tuple equals a list, as in metrics that went through JSON. Classes that a
    notebook defined count as those of the same name in a module.

    >>> str(first_difference({"auc": 0.5, "n": [1, 2]}, {"auc": 0.5, "n": [1, 3]}))
    "['n'][1] (value): 2 against 3"
    >>> first_difference(float("nan"), float("nan")) is None
    True
    """
    return Comparison(rtol, atol, exact_types).first(left, right, "")


@dataclass
class Comparison:
    """One comparison: its tolerances, and the pairs that it is inside of, so that cycles end."""

    rtol: float
    atol: float
    exact_types: bool
    opened: set[tuple[int, int]] = field(default_factory=set)

    def first(self, left: Any, right: Any, path: str) -> Difference | None:
        """The first difference between two parts that stand at `path`."""
        if left is right:
            return None
        if not self._same_type(left, right):
            return Difference(path, _typed(left), _typed(right), "type")
        pair = (id(left), id(right))
        if pair in self.opened:
            return None
        self.opened.add(pair)
        rules = Rules(self.rtol, self.atol, self.exact_types, self.first)
        found = _comparer(left)(rules, left, right, path)
        self.opened.discard(pair)
        return found

    def _same_type(self, left: Any, right: Any) -> bool:
        a, b = type(left), type(right)
        if a is b:
            return True
        if "__main__" in {a.__module__, b.__module__} and a.__qualname__ == b.__qualname__:
            return True
        return not self.exact_types and ((_is_number(left) and _is_number(right)) or (_is_row(left) and _is_row(right)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or is_a(value, "numpy.number", "numpy.bool", "numpy.bool_")


def _is_row(value: Any) -> bool:
    return isinstance(value, list | tuple) or is_a(value, "numpy.ndarray")


def _typed(value: Any) -> str:
    kind: type = type(value)
    return f"{public_name(kind)} {brief(value, 40)}" if kind.__module__ == "builtins" else public_name(kind)


def _comparer(value: Any) -> Callable[[Rules, Any, Any, str], Difference | None]:
    """What compares two values of that kind."""
    if isinstance(value, bool | int | float | complex | str | bytes | None):
        return _compare_atoms
    if isinstance(value, CODE):
        return _compare_by_content
    if isinstance(value, dict):
        return _compare_dicts
    if isinstance(value, list | tuple):
        return _compare_rows
    if isinstance(value, set | frozenset):
        return _compare_sets
    return _library_comparer(value) or _compare_objects


def _library_comparer(value: Any) -> Callable[[Rules, Any, Any, str], Difference | None] | None:
    from nbprod.values.comparing import arrays, tables

    known: tuple[tuple[tuple[str, ...], Callable[[Rules, Any, Any, str], Difference | None]], ...] = (
        (PANDAS_FRAMES, tables.compare_frames),
        (PANDAS_SERIES, tables.compare_series),
        (PANDAS_INDEXES, tables.compare_indexes),
        (POLARS_FRAMES, tables.compare_polars_frames),
        (POLARS_SERIES, tables.compare_polars_series),
        (("numpy.ndarray",), arrays.compare_arrays),
        (("numpy.generic",), arrays.compare_scalars),
        (FIGURES, arrays.compare_pixels),
    )
    if str(type(value).__module__).startswith("scipy.sparse") and hasattr(value, "tocsr"):
        return arrays.compare_sparse
    return next((compare for names, compare in known if is_a(value, *names)), None)


def _compare_atoms(rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    numbers = _is_number(left) and _is_number(right)
    same = rules.same_number(left, right) if numbers or isinstance(left, complex) else left == right
    if same:
        return None
    return Difference(path, *_apart(left, right), "value")


def _apart(left: Any, right: Any) -> tuple[str, str]:
    """Both as short texts; long strings from a little before where they part."""
    if not isinstance(left, str) or len(left) + len(right) < 100:
        return brief(left), brief(right)
    at = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    start = max(0, at - 15)
    lead = "…" if start else ""
    return lead + brief(left[start:]), lead + brief(right[start:])


def _compare_dicts(rules: Rules, left: dict[Any, Any], right: dict[Any, Any], path: str) -> Difference | None:
    missing = [key for key in left if key not in right]
    added = [key for key in right if key not in left]
    if missing or added:
        sides = (brief(missing) if missing else "nothing", brief(added) if added else "nothing")
        return Difference(path, *sides, "keys", "each side has these alone")
    for key, each in left.items():
        if found := rules.first(each, right[key], f"{path}[{brief(key, 40)}]"):
            return found
    if rules.exact_types and list(left) != list(right):
        return Difference(path, brief(list(left)), brief(list(right)), "order")
    return None


def _compare_rows(rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    if len(left) != len(right):
        return Difference(path, f"{len(left):,} values", f"{len(right):,} values", "length")
    pairs = enumerate(zip(left, right, strict=True))
    return next((found for at, (a, b) in pairs if (found := rules.first(a, b, f"{path}[{at}]"))), None)


def _compare_sets(_rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    if left == right:
        return None
    sides = (brief(sorted(left - right, key=repr)), brief(sorted(right - left, key=repr)))
    return Difference(path, *sides, "value", "each side has these alone")


def _compare_by_content(_rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    if same_content(left, right) or _same_definition(left, right):
        return None
    return Difference(path, brief(left), brief(right), "content")


def _same_definition(left: Any, right: Any) -> bool:
    """Whether one is what a notebook defined and the other its namesake in a module."""
    modules = {getattr(left, "__module__", ""), getattr(right, "__module__", "")}
    return "__main__" in modules and getattr(left, "__qualname__", "") == getattr(right, "__qualname__", None)


def _compare_objects(rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    """Objects of any class: by fingerprint, then by their state to say which attribute it is."""
    if same_content(left, right):
        return None
    try:
        states = [objects.state_of(each) for each in (left, right)]
    except NoContentError:
        return Difference(path, brief(left), brief(right), "content", "one of them can't be taken apart")
    names = [name for name in states[0] if name in states[1]]
    for name in names:
        if found := rules.first(states[0][name], states[1][name], f"{path}{name}"):
            return found
    return _only_one_has(states[0], states[1], path) or _unexplained(rules, left, right, path)


def _only_one_has(left: dict[str, Any], right: dict[str, Any], path: str) -> Difference | None:
    for name in [*left, *right]:
        if name not in left or name not in right:
            a, b = (brief(each[name]) if name in each else "nothing" for each in (left, right))
            return Difference(f"{path}{name}", a, b, "attributes")
    return None


def _unexplained(rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    """Equal in all that could be compared: a difference only if nothing could, and their own == agrees."""
    if not rules.exact or type(left) is not type(right) or objects.state_of(left):
        return None
    return None if bool(left == right) else Difference(path, brief(left), brief(right), "content")
