"""From what was resolved to the graph: steps with their code, inputs, outputs and definitions, in order."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from nbprod.analyse import docs
from nbprod.analyse.facts import is_given
from nbprod.analyse.origins import Draft, Source
from nbprod.analyse.randomness import STATES
from nbprod.model.graph import Block, Definition, Edge, Input, NotebookTest, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbprod.analyse.origins import DefinitionKey
    from nbprod.analyse.resolve import Resolver
    from nbprod.analyse.trace import Statement
    from nbprod.model.graph import Parameter
    from nbprod.model.notebook import Cell, Notebook


def steps_of(
    resolver: Resolver, notebook: Notebook, parameters: Sequence[Parameter], code_ids: Mapping[str, str]
) -> tuple[Step, ...]:
    """Return the steps in the order in which they first stand in the notebook."""
    drafts = resolver.needs.drafts.values()
    at = {cell.index: place for place, cell in enumerate(notebook.cells)}
    steps = [_step(draft, resolver, notebook, at, parameters) for draft in drafts]
    defaults = {each.name: each.default for each in parameters}
    return tuple(
        replace(step, code_id=code_ids.get(step.name) or code_id(step, draft, defaults))
        for step, draft in zip(steps, drafts, strict=True)
    )


def _step(
    draft: Draft,
    resolver: Resolver,
    notebook: Notebook,
    at: Mapping[int, int],
    parameters: Sequence[Parameter],
) -> Step:
    function = draft.function
    first = resolver.plan.by_index[function.cell if function else draft.cells[0]]
    above: Sequence[Cell] = notebook.cells[: at[first.cell.index]]
    own = docs.docstring_of(function.statement.node.body) if function else ""  # type: ignore[attr-defined]
    return Step(
        name=draft.name,
        cells=tuple(dict.fromkeys(draft.cells)),
        blocks=_blocks(draft, resolver),
        inputs=tuple(Input(name, maker) for name, maker in draft.inputs.items()),
        outputs=outputs_of(draft),
        parameters=tuple(each.name for each in parameters if each.name in draft.parameters),
        definitions=definitions_of(draft),
        mark=draft.mark,
        mutates=frozenset(draft.mutates & draft.inputs.keys()),
        carried=frozenset(draft.shared & draft.inputs.keys() - draft.reads),
        function=function.name if function else "",
        source=function.source if function else "",
        is_async=draft.is_async or (function is not None and "async def" in function.source.split("(", 1)[0]),
        doc=docs.doc_of(first, above, own),
    )


def _blocks(draft: Draft, resolver: Resolver) -> tuple[Block, ...]:
    blocks = _before(draft, resolver)
    cells = [draft.function.cell] if draft.function else draft.cells
    for index in cells:
        cell = resolver.plan.by_index[index].cell
        python = draft.function.source if draft.function else cell.python
        blocks.append(Block(index, python, cell.needs, uses_pyplot=index in draft.pyplot_cells))
    return tuple(blocks if draft.function else sorted(blocks, key=lambda each: each.cell))


def _before(draft: Draft, resolver: Resolver) -> list[Block]:
    """What the step repeats of the cells above it: settings and seeds, those of one cell together."""
    found: dict[int, list[Statement]] = {}
    for at, statement in sorted(draft.before, key=lambda each: (each[0], each[1].line)):
        found.setdefault(at, []).append(statement)
    return [
        Block(
            at,
            "\n".join(resolver.source(at, each) for each in statements),
            resolver.plan.by_index[at].cell.needs,
            uses_pyplot=any(
                each.trace.pyplot and not (each.trace.settings or each.trace.set_ups) for each in statements
            ),
        )
        for at, statements in found.items()
    ]


def outputs_of(draft: Draft) -> tuple[str, ...]:
    """Return the outputs in the order in which the step first writes them; a function's in the order it returns."""
    declared = {name for names in (draft.mark.outs, draft.mark.metrics, draft.mark.plots) for name in names}
    wanted = draft.outputs | declared
    order = draft.function.outputs if draft.function else ()
    return tuple(dict.fromkeys(name for name in (*order, *draft.writes) if name in wanted))


def definitions_of(draft: Draft) -> tuple[Definition, ...]:
    """Return the definitions in notebook order, with those that must stand inside the step's function marked."""
    local = _local(draft)
    beside: dict[tuple[int, int], list[str]] = {}
    for cell, line, name in draft.definitions:
        beside.setdefault((cell, line), []).append(name)

    def place(key: DefinitionKey) -> tuple[int, int, int, str]:
        """By cell and line; on one line, what needs others comes after them."""
        needed = sum(name in draft.definitions[key].reads for name in beside[key[:2]])
        return (*key[:2], needed, key[2])

    ordered = sorted(draft.definitions.items(), key=lambda each: place(each[0]))
    return tuple(
        replace(definition, local=key in local, reads=_free(draft, key, definition)) for key, definition in ordered
    )


def _free(draft: Draft, key: DefinitionKey, definition: Definition) -> frozenset[str]:
    """The names that a definition needs from elsewhere; a builtin is one where the notebook has given it a meaning."""
    meant = draft.links.get(key, {}).keys() | draft.writes.keys()
    return frozenset(name for name in definition.reads if name in meant or not is_given(name))


def _local(draft: Draft) -> set[DefinitionKey]:
    local = {key for key, definition in draft.definitions.items() if _closes_over_values(draft, key, definition)}
    users: dict[DefinitionKey, list[DefinitionKey]] = {}
    for key, links in draft.links.items():
        for origin in links.values():
            if origin.definition is not None:
                used = origin.definition
                users.setdefault((used.cell, used.line, used.name), []).append(key)
    pending = list(local)
    while pending:
        for user in users.get(pending.pop(), ()):
            if user not in local:
                local.add(user)
                pending.append(user)
    return local


def _closes_over_values(draft: Draft, key: DefinitionKey, definition: Definition) -> bool:
    links = draft.links.get(key, {})
    own = (origin.step == draft.name and not _is_import(origin.definition) for origin in links.values())
    values = (origin.source is not Source.DEFINITION for origin in links.values())
    bound_here = draft.writes.keys() & definition.reads - links.keys()
    return bool(definition.writes) or any(own) or any(values) or bool(bound_here)


def _is_import(definition: Definition | None) -> bool:
    return definition is not None and definition.kind == "import"


def code_id(step: Step, draft: Draft, defaults: Mapping[str, str]) -> str:
    """Return what changes when the step's code changes, or that of anything that it uses."""
    parts = [
        *(block.python for block in step.blocks),
        *(each.source for each in step.definitions),
        *(f"{name}={defaults.get(name, '')}" for name in step.parameters),
        *draft.seeds,
    ]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode(errors="surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()


def edges_of(steps: Iterable[Step]) -> tuple[Edge, ...]:
    """Return an edge for every input."""
    return tuple(Edge(each.maker, step.name, each.name) for step in steps for each in step.inputs)


def tests_of(resolver: Resolver) -> tuple[NotebookTest, ...]:
    """Return the `%%test` cells."""
    tests = []
    for draft in resolver.tests:
        cell = resolver.plan.by_index[draft.cells[0]].cell
        values = {name for name in draft.reads if _is_value(name, resolver, draft)}
        tests.append(NotebookTest(draft.tests, cell.index, cell.python, frozenset(values), definitions_of(draft)))
    return tuple(tests)


def _is_value(name: str, resolver: Resolver, draft: Draft) -> bool:
    tested = resolver.needs.drafts.get(draft.tests)
    made = tested is not None and (name in tested.writes or name in tested.inputs or name in tested.parameters)
    return (made or name in draft.parameters or name in draft.inputs) and name not in STATES.values()
