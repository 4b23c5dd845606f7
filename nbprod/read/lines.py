"""Line numbers: what IPython's transformer joins or drops is put back, so that line 7 stays line 7."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement; lines count from 1 and columns are bytes of UTF-8, as `ast` counts them."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def aligned(source: str, transformed: str) -> str:
    r"""Return the transformed text with a blank line for each line that was joined to the one above.

    >>> aligned("!ls \\\n  -l\na = 1", "get_ipython().system('ls   -l')\na = 1\n")
    "get_ipython().system('ls   -l')\n\na = 1"
    """
    originals = source.split("\n")
    lines: list[str] = []
    place = 0
    for line in transformed.split("\n"):
        lines.append(line)
        while _was_joined(originals, place, line):
            lines.append("")
            place += 1
        place += 1
    missing = len(originals) - len(lines)
    surplus_is_blank = missing < 0 and not any(lines[missing:])
    return "\n".join(lines[:missing] if surplus_is_blank else lines + [""] * missing)


def _was_joined(originals: list[str], place: int, line: str) -> bool:
    if place + 1 >= len(originals):
        return False
    original = originals[place]
    return original.endswith("\\") and not line.endswith("\\") and original != line


def edited(source: str, edits: list[Edit]) -> str:
    """Return the source with the edits made and as many lines as before.

    >>> edited("a = old()", [Edit(1, 4, 1, 9, "new()")])
    'a = new()'
    """
    lines = [line.encode() for line in source.split("\n")]
    for edit in sorted(edits, key=lambda each: (each.line, each.column), reverse=True):
        first, last = edit.line - 1, edit.end_line - 1
        rest = lines[last][edit.end_column :]
        head = lines[first][: edit.column] + edit.text.encode()
        lines[first : last + 1] = [head.rstrip() + rest if not edit.text else head + rest, *([b""] * (last - first))]
    return "\n".join(line.decode() for line in lines)
