"""Code laid out as formatters do: on one line if it fits, else an item a line."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 88


@dataclass(frozen=True, slots=True)
class Bracketed:
    """A display or a call: each item with what stands before it, such as `days=` or a mapping's key."""

    opening: str
    items: tuple[tuple[str, Code], ...]
    closing: str

    def __str__(self) -> str:
        comma = "," if self.opening == "(" and len(self.items) == 1 else ""  # a tuple of one
        return self.opening + ", ".join(f"{before}{code}" for before, code in self.items) + comma + self.closing


Code = str | Bracketed


def assignment(target: str, code: Code, comment: str = "") -> str:
    """Return the line, or the lines, that give the target its value.

    >>> print(assignment("day: date", Bracketed("date(", (("", "2026"), ("", "11"), ("", "23")), ")"), "the first"))
    day: date = date(2026, 11, 23)  # the first
    """
    behind = f"  # {comment}" if comment else ""
    before = f"{target} = "
    if isinstance(code, str) and len(before) + len(code) > WIDTH >= len(code) + 4:
        return f"{before}(\n    {code}\n){behind}"
    return before + _laid_out(code, 0, len(before) + len(behind)) + behind


def _laid_out(code: Code, indent: int, taken: int) -> str:
    """Return the code as it stands behind `taken` characters of its line."""
    flat = str(code)
    if isinstance(code, str) or not code.items or taken + len(flat) <= WIDTH:
        return flat
    inner = " " * (indent + 4)
    lines = [
        f"{inner}{before}{_laid_out(each, indent + 4, indent + 4 + len(before) + 1)},\n" for before, each in code.items
    ]
    return f"{code.opening}\n{''.join(lines)}{' ' * indent}{code.closing}"


def quoted(text: str) -> str:
    r"""Return the text as Python writes it, in double quotes where that needs no more backslashes.

    >>> print(quoted("EWR"), quoted('say "no"'), quoted("it's\n"))
    "EWR" 'say "no"' "it's\n"
    """
    written = repr(text)
    body = written[1:-1].replace("\\'", "'") if "'" in text and '"' in text else written[1:-1]
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + body.replace(quote, f"\\{quote}") + quote
