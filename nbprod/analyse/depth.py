"""Room for code that is nested far deeper than people write: sums of thousands of terms, long chains of `elif`."""

from __future__ import annotations

import ast
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Python's parser gives up well before this many frames of ours are needed for what it has parsed.
FRAMES = 100_000


@contextmanager
def room() -> Iterator[None]:
    """Allow deep recursion within it. Parse before: what limits Python's own parser is this very number.

    >>> with room():
    ...     sys.getrecursionlimit() >= FRAMES
    True
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def spelled(node: ast.AST) -> str:
    """Return the node as code, however deep it is nested.

    >>> spelled(ast.parse("1+1"))
    '1 + 1'
    """
    with room():
        return ast.unparse(node)
