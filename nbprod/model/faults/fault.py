"""A kind of fault: its texts once, for the diagnostic, for `nbprod explain` and for its page in the docs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Formatter

from nbprod.model.diagnostic import Diagnostic, Severity

CELL_LINE = re.compile(r"^# %%(?P<markdown> \[markdown\])?(?: tags=(?P<tags>[\w:\- ,]+))?\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ExampleCell:
    """One cell of a written-out example."""

    source: str
    tags: tuple[str, ...] = ()
    is_code: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """One code: `message` and `hint` are templates; `why`, `bad` and `cure` are prose and examples for people.

    `if_raising` takes the place of a hint that says to mark a cell, where the cell's tag says that it may raise.

    `bad` and `cure` are notebooks written out, each cell under a line `# %%` (`# %% tags=parameters` with tags);
    where the fault lies outside of cells they are other text, and `has_example_notebook` is False.
    """

    code: str
    severity: Severity
    title: str
    message: str
    hint: str
    why: str
    bad: str
    cure: str
    if_raising: str = ""

    def at(
        self,
        cell: int | None,
        line: int | None = None,
        *,
        severity: Severity | None = None,
        may_raise: bool = False,
        **fields: object,
    ) -> Diagnostic:
        """Return the diagnostic of this fault at a place, its templates filled; KeyError if a field is missing.

        >>> from nbprod.model.faults import UNDEFINED_NAME
        >>> UNDEFINED_NAME.at(4, 2, reader="step 'clean'", name="flihgts", nearest="Did you mean 'flights'? ").message
        "step 'clean' reads 'flihgts', which nothing in the notebook makes"
        """
        return Diagnostic(
            code=self.code,
            severity=severity or self.severity,
            cell=cell,
            line=line,
            message=self.message.format_map(fields),
            hint=(self.if_raising if may_raise else self.hint).format_map(fields).strip(),
        )

    @property
    def fields(self) -> frozenset[str]:
        """The names that `at` needs."""
        parts = (*Formatter().parse(self.message), *Formatter().parse(self.hint))
        return frozenset(re.split(r"[.\[]", name)[0] for _, name, _, _ in parts if name)

    @property
    def has_example_notebook(self) -> bool:
        """Whether `bad` and `cure` are notebooks that can be read and checked."""
        return self.bad.startswith("# %%")


def example_cells(text: str) -> tuple[ExampleCell, ...]:
    r"""Return the cells of a written-out notebook.

    >>> [cell.source for cell in example_cells("# %%\na = 1\n\n# %% tags=skip\nb = 2\n")]
    ['a = 1', 'b = 2']
    """
    starts = list(CELL_LINE.finditer(text))
    ends = [*(start.start() for start in starts[1:]), len(text)]
    return tuple(
        ExampleCell(
            source=text[start.end() : end].strip("\n"),
            tags=tuple(tag for tag in re.split(r"[ ,]+", start["tags"] or "") if tag),
            is_code=not start["markdown"],
        )
        for start, end in zip(starts, ends, strict=True)
    )
