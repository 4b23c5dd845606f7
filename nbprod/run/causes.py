"""Why an output of the pipeline likely differs from the notebook's: what the record and the code give away.

A cause begins with what kind it is: global randomness, time, environment, a file changed meanwhile, alias broken by
storing, order of a set, hidden state, network, or rounding; what the project itself was edited to say has no such word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.run import clues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.model.graph import Step
    from nbprod.model.record import StepSeen

_SETS = {"set", "frozenset"}
_WHOSE = {"numpy": "numpy's", "random": "Python's"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a difference; `differing` are the (step, output) pairs that differed before it.

    `output` is the name that differs. `edited` says of the step's parameters and files what was changed in the project
    since the notebook wrote them; `disturbed` of the files that it reads which were changed while the two ran, None if
    that is not known. `rounding` says that the two sides are the same within a relative 1e-9, `reordered` that they
    hold the same in another order. `meddled` are values of steps that cells of no step change: ((name, cell), …).
    """

    step: Step
    seen: StepSeen | None = None
    differing: frozenset[tuple[str, str]] = frozenset()
    edited: tuple[str, ...] = ()
    rounding: bool = False
    output: str = ""
    disturbed: tuple[str, ...] | None = None
    reordered: bool = False
    meddled: tuple[tuple[str, int], ...] = ()


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
    yield from _meddled(evidence)
    if evidence.seen is not None:
        yield from _seen(evidence.seen, evidence)
    yield from _written(evidence)
    if evidence.rounding:
        yield "rounding: the numbers differ by rounding, as sums in another order do: compare with --rtol 1e-9"
    if evidence.seen is not None:
        yield from _weaker(evidence.seen, evidence)


def _meddled(evidence: Evidence) -> Iterator[str]:
    names = {evidence.output, *evidence.step.input_names}
    for name, cell in evidence.meddled:
        if name in names:
            yield f"hidden state: cell {cell}, which is of no step, changes {name!r} in the notebook: mark that cell"


def _seen(seen: StepSeen, evidence: Evidence) -> Iterator[str]:
    if evidence.reordered and (_has_set(evidence.step) or _takes_set(seen)):
        yield _ORDER_OF_A_SET
    if seen.files_written and set(seen.files_written) & set(seen.files_read):
        both = min(set(seen.files_written) & set(seen.files_read))
        yield (
            f"a file changed meanwhile: it changes the file {both}, which it reads, so the second run finds what the "
            "first left: write another file"
        )
    for each in evidence.disturbed or ():
        yield f"a file changed meanwhile: it reads {each}"
    if seen.sockets:
        yield (
            f"network: it reads the network ({seen.sockets[0]}), which may answer differently: store what it answered"
        )
    yield from _broken_alias(seen, evidence)


def _broken_alias(seen: StepSeen, evidence: Evidence) -> Iterator[str]:
    """The step changes several names at once, one of them the output, which come from different steps' files."""
    makers = {each.name: each.maker for each in evidence.step.inputs}
    others = [name for name in seen.changed if name != evidence.output]
    apart = [name for name in others if makers.get(name) != makers.get(evidence.output)]
    if evidence.output in seen.changed and apart:
        yield (
            f"alias broken by storing: in the notebook {apart[0]!r} and {evidence.output!r} share an object, and it "
            "changes both; the pipeline loads each from the file of another step: make or change them in one step"
        )


_ORDER_OF_A_SET = (
    "order of a set: the order of a set of texts changes from one process to the next (PYTHONHASHSEED), and that of "
    "any set may change where one step stores it and another reads it: sort it"
)


def _has_set(step: Step) -> bool:
    return bool({"set", "frozenset", "<set>", "intersection", "union", "difference"} & clues.mentioned(step))


def _takes_set(seen: StepSeen) -> bool:
    return any(_SETS & {each.type, *each.items} for each in seen.inputs)


def _written(evidence: Evidence) -> Iterator[str]:
    names = clues.mentioned(evidence.step)
    for each in clues.unseeded(evidence.step):
        yield f"global randomness: {each}() begins anywhere, as it is given no seed: pass it one"
    for known, cause in (
        (clues.CLOCKS, "time: it reads the clock ({}): make the moment a parameter"),
        (clues.NEW_EACH_RUN, "environment: {} gives another value in each run: make it a parameter"),
    ):
        if found := sorted(known & names):
            yield cause.format(found[-1])
    yield from _surroundings(evidence.step, names)
    if {"set", "frozenset", "<set>"} & names:
        yield _ORDER_OF_A_SET
    if found := sorted(clues.UNFILLED & names):
        yield f"hidden state: np.{found[0]}() holds whatever its memory held before: fill it, or use np.zeros()"
    if {"hash", "id"} & names:
        yield "environment: hash() and id() give other values in another process"
    if {"n_jobs", "Thread", "ThreadPoolExecutor"} & names and evidence.rounding:
        yield "rounding: it computes in parallel, where sums come in another order: compare with --rtol 1e-9"
    for each in clues.keepers(evidence.step):
        yield f"hidden state: {each} from call to call, and a new process begins anew: pass it as a value"


def _surroundings(step: Step, names: frozenset[str]) -> Iterator[str]:
    if found := [*clues.variables(step), *sorted(clues.SURROUNDINGS & names)]:
        yield f"environment: it depends on the process's surroundings ({found[0]}): make that a parameter"
    if told := clues.asks_where_it_runs(step):
        yield f"environment: it asks whether it runs in a notebook ({told}): make what it answers a parameter"


def _weaker(seen: StepSeen, evidence: Evidence) -> Iterator[str]:
    for each in seen.draws:
        state = f"{_WHOSE.get(each, each)} global random state"
        if each in seen.unseeded:
            state += ", which nobody seeded"
        yield f"global randomness: it draws from {state}, and something else may draw in between: pass it a seed"
    if evidence.disturbed is None:
        if outside := [each for each in seen.files_read if each.startswith(("/", ".."))]:
            yield f"a file changed meanwhile: it reads {outside[0]}, outside the project, which may have changed"
        if data := [each for each in seen.files_read if not each.endswith(".py")]:
            yield f"a file changed meanwhile: it reads {data[0]}, which may have changed since"
    if modules := [each for each in seen.files_read if each.endswith(".py")]:
        yield (
            f"hidden state: {modules[0]} may keep something from call to call, and a new process begins anew: "
            "return it as a value"
        )
    if seen.changed:
        yield f"alias broken by storing: it changes {seen.changed[0]!r} in place, which another name may share"
    yield (
        "hidden state: neither its code nor its inputs explain it; a cell above likely left something in the kernel's "
        "memory that is no name (an attribute, a cache, a module's variable): make it a value"
    )
