"""Whether the edited cells come to what the edited module says."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING

from nbprod.emit.back.modules import module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.emit.back.modules import Module


def unlike(module_texts: tuple[str, str], exports: tuple[str, str], step: str) -> list[tuple[int, str]]:
    """Return the first statement, with its line, in which an edited module and its export differ; [] if none does.

    Both pairs are (before, after) the edit. What differed before is left aside: exports made without a record
    lack what only a run tells.
    """
    (old, new), (was, made) = ([module(each, step) for each in pair] for pair in (module_texts, exports))
    if not _apart(new, made) - _apart(old, was) and not _apart(made, new) - _apart(was, old) and _in_order(new, made):
        return []
    return [next(_differing(new, made), (1, ""))]


def _apart(one: Module, other: Module) -> Counter[str]:
    return Counter(one.said) - Counter(other.said)


def _in_order(one: Module, other: Module) -> bool:
    both = (Counter(one.said) & Counter(other.said)).keys() - one.free
    return [each for each in one.said if each in both] == [each for each in other.said if each in both]


def _differing(one: Module, other: Module) -> Iterator[tuple[int, str]]:
    own = [each for each in (*one.top, *one.body) if each.node is not None]
    for item, said in zip_longest(own, other.said):
        if item is None or item.key != said:
            yield (item.first, item.text) if item else (own[-1].last if own else 1, "")
