"""Why an output of the pipeline likely differs from the notebook's: what the record and the code give away."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.model.graph import Step
    from nbprod.model.record import StepSeen

_CLOCKS = {"now", "today", "utcnow", "perf_counter", "monotonic", "process_time", "time_ns", "ctime", "localtime"}
_NEW_EACH_RUN = {"uuid1", "uuid4", "urandom", "token_hex", "token_bytes", "token_urlsafe", "getpid", "mkdtemp"}
_ENVIRONMENT = {"environ", "getenv", "gethostname", "cpu_count", "getcwd", "getuser", "node"}
_WHOSE = {"numpy": "numpy's", "random": "Python's"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a difference; `differing` are the (step, output) pairs that differed before it.

    `edited` says of the step's parameters and files what was changed in the project since the notebook wrote them;
    `rounding` that the two sides are the same within a relative 1e-9.
    """

    step: Step
    seen: StepSeen | None = None
    differing: frozenset[tuple[str, str]] = frozenset()
    edited: tuple[str, ...] = ()
    rounding: bool = False


def likely_cause(evidence: Evidence) -> str:
    """Return the likeliest cause and what to do about it, "" when nothing points anywhere.

    The surest evidence comes first: an input that differs already explains more than a clock that is read.
    """
    return next(_causes(evidence), "")


def _causes(evidence: Evidence) -> Iterator[str]:
    handed = [each for each in evidence.step.inputs if (each.maker, each.name) in evidence.differing]
    if handed:
        first = handed[0]
        yield f"its input {first.name!r} differs already, see step {first.maker!r}"
    yield from evidence.edited
    if evidence.seen is not None:
        yield from _seen(evidence.seen)
    yield from _written(evidence)
    if evidence.rounding:
        yield "the numbers differ by rounding, as sums in another order do: compare with --rtol 1e-9"
    if evidence.seen is not None:
        yield from _weaker(evidence.seen)


def _seen(seen: StepSeen) -> Iterator[str]:
    for each in seen.unseeded:
        yield f"it draws from {_WHOSE.get(each, each)} global random state, which nobody seeded: pass it a seed"
    if seen.sockets:
        yield f"it reads the network ({seen.sockets[0]}), which may answer differently: store what it answered first"
    if seen.files_written and set(seen.files_written) & set(seen.files_read):
        both = min(set(seen.files_written) & set(seen.files_read))
        yield f"it changes the file {both}, which it reads: the second run finds what the first left"


def _weaker(seen: StepSeen) -> Iterator[str]:
    for each in seen.draws:
        yield (
            f"it draws from {_WHOSE.get(each, each)} global random state, and something else may draw in between: "
            "pass it a seed"
        )
    if seen.changed:
        yield f"it changes {seen.changed[0]!r} in place, which another name may share"
    if outside := [each for each in seen.files_read if each.startswith(("/", ".."))]:
        yield f"it reads {outside[0]}, outside the project, which may have changed"
    if seen.files_read:
        yield f"it reads {seen.files_read[0]}, which may have changed since"


def _written(evidence: Evidence) -> Iterator[str]:
    names = frozenset(_mentioned(evidence.step))
    for known, cause in (
        (_CLOCKS, "it reads the clock ({}): make the moment a parameter"),
        (_NEW_EACH_RUN, "{} gives another value in each run: make it a parameter"),
        (_ENVIRONMENT, "it depends on the process's surroundings ({}): make that a parameter"),
    ):
        if found := sorted(known & names):
            yield cause.format(found[0])
    if {"set", "frozenset", "<set>"} & names:
        yield "the order of a set of texts changes from one process to the next: sort it"
    if {"hash", "id"} & names:
        yield "hash() and id() give other values in another process"
    if {"n_jobs", "Thread", "ThreadPoolExecutor"} & names and evidence.rounding:
        yield "it computes in parallel, where sums come in another order: compare with --rtol 1e-9"


def _mentioned(step: Step) -> Iterator[str]:
    """Yield the names, attributes and keywords in the step's code and in the definitions that it uses."""
    for text in (step.source, *(each.python for each in step.blocks), *(each.source for each in step.definitions)):
        for node in _nodes(text):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Attribute):
                yield node.attr
            elif isinstance(node, ast.keyword) and node.arg:
                yield node.arg
            elif isinstance(node, ast.Set | ast.SetComp):
                yield "<set>"


def _nodes(text: str) -> Iterator[ast.AST]:
    try:
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        return ast.walk(compile(text, "step", "exec", flags))
    except SyntaxError:
        return iter(())
