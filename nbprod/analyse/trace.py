"""What analysis collects while it walks one statement or one function, and what it keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping

    from nbprod.model.notebook import Cell

Label = tuple[str, str]  # ("argument" | "global", name): an object that a function gets from outside


class Read(NamedTuple):
    """A name that is needed from before.

    `soft`: only if something before makes it (bound on one branch, or named in a string). `via`: read by a function
    that the code mentions. `late`: read by a lambda or function that may run after a later binding. `perhaps`: read on
    a branch that may never be taken, or by a method of a class that the code mentions, and no more is known than that.
    """

    line: int
    soft: bool = False
    via: bool = False
    late: bool = False
    perhaps: bool = False


class CallSeen(NamedTuple):
    """A call inside a function to a name of the notebook: what it passes, by position or keyword."""

    callee: str
    passed: tuple[tuple[int | str, frozenset[Label]], ...]


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """What a function, lambda or class of the notebook does when used; names are the notebook's.

    `soft` are those of `reads` that count only if something makes them: they stand in texts.
    """

    arguments: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()
    soft: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()  # those that only the code reads which it hands out
    perhaps: frozenset[str] = frozenset()  # those that it reads on branches only, which may never be taken
    binds: frozenset[str] = frozenset()
    binds_surely: frozenset[str] = frozenset()  # whenever it is called
    mutates: frozenset[str] = frozenset()
    mutates_arguments: frozenset[str] = frozenset()
    returns: frozenset[Label] = frozenset()
    calls: tuple[CallSeen, ...] = ()
    draws: frozenset[str] = frozenset()
    seeds: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    pyplot: bool = False
    methods: Mapping[str, FunctionFacts] = field(default_factory=dict)
    is_class: bool = False
    hands_out_code: bool = False  # what it returns reads names when it is called, or asked for its next value

    @property
    def handed_out(self) -> FunctionFacts:
        """What the code that it hands out may do when that runs."""
        none: frozenset[str] = frozenset()
        once = replace(self, arguments=(), mutates_arguments=none, returns=frozenset(), calls=())
        return replace(once, later=none, hands_out_code=False)


@dataclass(slots=True)
class Trace:
    """The collector of one statement or one function."""

    reads: dict[str, Read] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    soft: set[str] = field(default_factory=set)  # read late, if something makes them
    binds: dict[str, bool] = field(default_factory=dict)  # name → surely?
    loop_targets: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    mutates: dict[str, int] = field(default_factory=dict)
    touches: set[str] = field(default_factory=set)  # changed through another name of the same object
    draws: dict[str, int] = field(default_factory=dict)
    seeds: dict[str, int] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)  # global state that it sets → whose
    set_ups: set[str] = field(default_factory=set)  # global state that functions which it uses set
    tables: set[str] = field(default_factory=set)  # made in DuckDB's own database, which ends with the process
    queried: set[str] = field(default_factory=set)  # words that stand where tables do in queries of that database
    stars: list[str] = field(default_factory=list)
    functions: dict[str, FunctionFacts] = field(default_factory=dict)
    calls: list[CallSeen] = field(default_factory=list)
    returns: set[Label] = field(default_factory=set)
    mutates_arguments: set[str] = field(default_factory=set)
    pyplot: bool = False
    hands_out_code: bool = False
    yields: bool = False
    may_be_left: bool = False  # a function: what follows may not run when it is called
    awaits: bool = False
    is_partial: bool = False  # nested too deeply: only its names are known
    methods: dict[str, FunctionFacts] = field(default_factory=dict)

    def function(self, arguments: tuple[str, ...] = ()) -> FunctionFacts:
        """Return what was collected as facts of a function."""
        return FunctionFacts(
            arguments=arguments,
            reads=frozenset(self.reads) | frozenset(self.late) | frozenset(self.soft),
            soft=frozenset(self.soft) - self.reads.keys() - self.late,
            later=self.read_later(),
            perhaps=frozenset(name for name, read in self.reads.items() if read.perhaps) - self.late,
            binds=frozenset(self.binds),
            binds_surely=frozenset(each for each in self.binds if self.binds[each] and not self.hands_out_code),
            mutates=frozenset(self.mutates),
            mutates_arguments=frozenset(self.mutates_arguments),
            returns=frozenset(self.returns),
            calls=tuple(self.calls),
            draws=frozenset(self.draws),
            seeds=frozenset(self.seeds),
            settings=frozenset(self.settings),
            pyplot=self.pyplot,
            hands_out_code=self.hands_out_code,
        )

    def read_later(self) -> frozenset[str]:
        """Return the names that a call of the function does not read yet, but the code that it hands out."""
        if not self.hands_out_code:
            return frozenset()
        return frozenset(name for name, read in self.reads.items() if self.yields or read.late)


@dataclass(frozen=True, slots=True)
class Statement:
    """One top-level statement of a cell, and what was collected of it."""

    node: ast.stmt
    trace: Trace

    @property
    def line(self) -> int:
        """The first line, decorators included, from 1."""
        decorators: list[ast.expr] = getattr(self.node, "decorator_list", [])
        return min([self.node.lineno, *(each.lineno for each in decorators)])

    @property
    def writes(self) -> set[str]:
        """Every name that it binds, changes or deletes."""
        trace = self.trace
        return {*trace.binds, *trace.mutates, *trace.touches, *trace.deletes}


@dataclass(frozen=True)
class ScannedCell:
    """A code cell and its statements; `fault` says why there are none, when it could not be parsed."""

    cell: Cell
    statements: tuple[Statement, ...] = ()
    fault: str = ""
    fault_line: int | None = None

    @property
    def is_broken(self) -> bool:
        """Whether the cell holds code that could not be parsed, or not be followed."""
        return bool(self.fault) or bool(self.cell.faults and self.cell.source.strip() and not self.cell.python.strip())

    @cached_property
    def lines(self) -> list[str]:
        """The lines of its Python, as the parser counts them; each of its statements asks for them."""
        return re.split(r"\r\n|\r|\n", self.cell.python)
