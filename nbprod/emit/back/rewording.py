"""A changed statement in the words of its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.emit.back.meaning import key

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbprod.emit.back.items import Item


def reworded(standing: str, before: str, after: Item, merge: Callable[[str, str, str], tuple[str, bool]]) -> str:
    """Return the cell's text of a statement with the module's change: lines that have not changed stay as they are.

    Args:
        standing: the statement as the cell has it.
        before: the statement as export laid it out.
        after: the statement as the module has it now.
        merge: the three-way merge of a text.
    """
    wanted = source.replace_keyword(after.text, "nonlocal", "global") if "nonlocal" in after.text else after.text
    if after.node is None or standing == before:
        return wanted
    merged, conflict = merge(f"{standing}\n", f"{before}\n", f"{wanted}\n")
    text = merged.removesuffix("\n")
    if not conflict and _says(text, after.key):
        return text
    return f"{wanted};" if standing.rstrip().endswith(";") and "#" not in wanted.rpartition("\n")[2] else wanted


def _says(text: str, wanted: str) -> bool:
    try:
        statements = source.parse(text).body
    except SyntaxError:
        return False
    return len(statements) == 1 and key(statements[0], text) == wanted
