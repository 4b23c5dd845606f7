"""Where everything goes: which definitions stand in which module, and what each step's classes are called."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.emit.body import Body, body
from nbprod.emit.draws import of_any_draw, unseeded
from nbprod.model.graph import Definition, DefinitionKind, Graph, NotebookTest, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbprod.model.record import FrameSeen, Record, StepSeen

# Names that generated modules use themselves.
RESERVED = frozenset({
    "DataFrame", "LazyFrame", "Series", "Index", "Any", "Annotated", "NamedTuple", "NOTEBOOK", "STEPS",
    "pa", "pd", "np", "pl", "plt", "copy",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step, arranged: its body, what stands above its function, inside it, and in definitions.py."""

    step: Step
    seen: StepSeen | None
    body: Body
    imports: tuple[Definition, ...]
    nested: tuple[Definition, ...]
    above: tuple[Definition, ...]
    shared: tuple[Definition, ...] = ()
    returns: tuple[str, ...] = ()  # the names that the function returns, in order
    result: str = ""  # the NamedTuple's name, where it returns several

    @property
    def name(self) -> str:
        """The step's name."""
        return self.step.name

    @property
    def displays(self) -> bool:
        """Whether the figures that it displays are plots of its stage."""
        return _displays(self.step, self.seen)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that emitting needs to know."""

    graph: Graph
    record: Record
    package: str
    steps: tuple[StepPlan, ...]
    shared: tuple[Definition, ...]
    shared_imports: tuple[Definition, ...]
    schemas: Mapping[tuple[str, str], str]  # (step, value) → the schema's class
    extensions: Mapping[str, str] = field(default_factory=dict)
    by_name: Mapping[str, StepPlan] = field(default_factory=dict)
    checks: Mapping[str, tuple[NotebookTest, ...]] = field(default_factory=dict)  # by step
    writers: Mapping[str, str] = field(default_factory=dict)  # the step that first wrote each observed file
    unseeded: frozenset[str] = frozenset()  # steps whose outputs the next run draws anew

    @property
    def notebook(self) -> str:
        """The notebook's path below the project's root."""
        return self.graph.notebook

    def step(self, name: str) -> StepPlan:
        """The step of that name; KeyError if there is none."""
        return self.by_name[name]

    def frame(self, maker: str, name: str) -> FrameSeen | None:
        """The frame that was seen as that output, if it was one; of what is drawn anew, what any draw gives."""
        seen = self.step(maker).seen
        value = next((each for each in seen.outputs if each.name == name), None) if seen else None
        frame = value.frame if value else None
        return of_any_draw(frame) if frame and maker in self.unseeded else frame


def plan(graph: Graph, record: Record, package: str, extensions: Mapping[str, str]) -> Plan:
    """Return where everything goes."""
    seen = {each.step: each for each in record.steps}
    arranged = [_arranged(step, seen.get(step.name), dict(record.star_names)) for step in graph.steps]
    shared = _shared(arranged)
    keys = {_key(each) for each in shared}
    steps = tuple(
        replace(
            each,
            above=tuple(one for one in each.above if _key(one) not in keys),
            shared=tuple(one for one in each.above if _key(one) in keys),
        )
        for each in arranged
    )
    imports = _unique(one for each in arranged for one in each.imports)
    taken = _taken(steps, graph)
    schemas = _schema_names(steps, taken)
    steps = tuple(_with_result(each, taken | set(schemas.values())) for each in steps)
    return Plan(
        graph, record, package, steps, shared, imports, schemas, extensions,
        by_name={each.name: each for each in steps},
        checks=_checks(graph),
        writers={
            path: each.name for each in reversed(steps) if each.seen for path in each.seen.files_written
        },
        unseeded=unseeded(graph.steps, seen),
    )  # fmt: skip


def _checks(graph: Graph) -> dict[str, tuple[NotebookTest, ...]]:
    found: dict[str, tuple[NotebookTest, ...]] = {}
    for each in graph.tests:
        found[each.step] = (*found.get(each.step, ()), each)
    return found


def _displays(step: Step, seen: StepSeen | None) -> bool:
    return step.mark.figures and seen is not None and bool(seen.figures)


def _arranged(step: Step, seen: StepSeen | None, stars: Mapping[str, tuple[str, ...]]) -> StepPlan:
    """One step by itself: what it hoists and what must be nested, because the body gives the name another meaning."""
    definitions = tuple(one for each in step.definitions for one in _expanded(each, step, stars))
    own = () if step.function else step.blocks
    kept = {*step.input_names, *step.parameters, *step.outputs, step.name}
    outside = tuple(each for each in definitions if step.function or each.cell not in step.cells)
    available = frozenset(each.name for each in outside if not each.local)
    displays = _displays(step, seen)
    made = body(own, available, frozenset(kept), displays=displays)
    # A name that the function binds, or its own, is another inside it: such a definition goes in there too.
    twice = {*made.bound, step.name, *step.input_names, *step.parameters}
    nested = _nested(outside, twice if not step.function else {step.name})
    if any(each.name in nested for each in outside) and made.hoisted:
        made = body(own, available - nested, frozenset(kept), displays=displays)
    hoisted = [one for each in made.hoisted for one in _expanded(each, step, stars)]
    plain = [*outside, *hoisted]
    top = [each for each in plain if each.name not in nested or each in hoisted]
    return StepPlan(
        step,
        seen,
        made,
        imports=_unique(each for each in top if is_import(each)),
        nested=_unique(each for each in outside if each.name in nested),
        above=_unique(each for each in top if not is_import(each)),
        returns=step.outputs,
    )


def _nested(definitions: Iterable[Definition], twice: set[str]) -> set[str]:
    definitions = tuple(definitions)
    nested = {each.name for each in definitions if each.local or each.name in twice}
    while True:
        more = {each.name for each in definitions if each.reads & nested} - nested
        if not more:
            return nested
        nested |= more


def _expanded(definition: Definition, step: Step, stars: Mapping[str, tuple[str, ...]]) -> tuple[Definition, ...]:
    """A star import as imports of the names that the step uses; anything else as it is."""
    tree = source.parse(definition.source)
    match tree.body:
        case [ast.ImportFrom(module=str(module), level=level, names=[ast.alias(name="*")])]:
            used = _all_mentioned(step) & set(stars.get(module, ()))
            dots = "." * level
            return tuple(
                replace(definition, name=name, source=f"from {dots}{module} import {name}") for name in sorted(used)
            ) or (definition,)
        case _:
            return (definition,)


def _all_mentioned(step: Step) -> frozenset[str]:
    texts = [each.python for each in step.blocks] + [each.source for each in step.definitions] + [step.source]
    return frozenset(name for text in texts for name in source.mentioned(text))


def is_import(definition: Definition) -> bool:
    """Whether the definition is nothing but an import statement."""
    if definition.kind is not DefinitionKind.IMPORT:
        return False
    statements = source.parse(definition.source).body
    return all(isinstance(each, (ast.Import, ast.ImportFrom)) for each in statements)


def _shared(arranged: Iterable[StepPlan]) -> tuple[Definition, ...]:
    """The definitions that several steps hold at the top of their modules, and all that these need, unchanged."""
    arranged = tuple(arranged)
    users: dict[tuple[str, str], list[StepPlan]] = {}
    found: dict[tuple[str, str], Definition] = {}
    for each in arranged:
        for one in each.above:
            users.setdefault(_key(one), []).append(each)
            found.setdefault(_key(one), one)
    several = {key for key, using in users.items() if len(using) > 1}
    seen: set[str] = set()
    candidates: set[tuple[str, str]] = set()
    for key in sorted(several, key=lambda key: (found[key].cell, found[key].line)):
        if key[0] not in seen or key[0] in found[key].reads:  # what is set on a class goes with the class
            candidates.add(key)
        seen.add(key[0])
    while True:
        settled = {key for key in candidates if _stands_alone(found[key], users[key], candidates)}
        if settled == candidates:
            return tuple(sorted((found[key] for key in settled), key=lambda one: (one.cell, one.line)))
        candidates = settled


def _stands_alone(definition: Definition, users: Iterable[StepPlan], candidates: set[tuple[str, str]]) -> bool:
    """Whether all that it reads is the same for every step that uses it, and is shared as well."""
    for name in definition.reads:
        versions = {_meaning(name, each) for each in users}
        if len(versions) > 1:
            return False
        (version,) = versions
        if version and version[0] == "definition" and (name, version[1]) not in candidates:
            return False
    return True


def _meaning(name: str, step: StepPlan) -> tuple[str, str] | None:
    for one in step.above:
        if one.name == name:
            return ("definition", one.source)
    return next((("import", one.source) for one in step.imports if one.name == name), None)


def _key(definition: Definition) -> tuple[str, str]:
    return definition.name, definition.source


def _unique(definitions: Iterable[Definition]) -> tuple[Definition, ...]:
    ordered = sorted(definitions, key=lambda each: (each.cell, each.line))
    return tuple({_key(each): each for each in ordered}.values())


def _taken(steps: Iterable[StepPlan], graph: Graph) -> set[str]:
    names = {name for each in steps for name in _all_mentioned(each.step)}
    return names | RESERVED | {each.name for each in graph.parameters} | {each.name for each in steps}


def _schema_names(steps: Iterable[StepPlan], taken: set[str]) -> dict[tuple[str, str], str]:
    """A class for each frame that a step makes: no two of them, and nothing else in the package, share a name."""
    found: dict[tuple[str, str], str] = {}
    for each in steps:
        frames = [value for value in each.seen.outputs if value.frame] if each.seen else []
        for value in frames:
            if value.name in each.returns:
                plain = source.camel(value.name)
                choices = (plain, f"{plain}Frame", f"{source.camel(each.name)}{plain}")
                found[each.name, value.name] = _free(choices, taken | set(found.values()))
    return found


def _with_result(step: StepPlan, taken: set[str]) -> StepPlan:
    if len(step.returns) < 2:
        return step
    plain = source.camel(step.name)
    return replace(step, result=_free((plain, f"{plain}Outputs", f"{plain}Result"), taken))


def _free(choices: tuple[str, ...], taken: set[str]) -> str:
    numbered = (f"{choices[-1]}{number}" for number in range(2, 1000))
    return next(name for name in (*choices, *numbered) if name not in taken)
