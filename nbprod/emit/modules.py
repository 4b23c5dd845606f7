"""A step's module: imports, what its function needs, and the function."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nbprod.emit import docstrings, functions, source
from nbprod.emit.signatures import Argument, Imports, parameter, value_type
from nbprod.model.graph import RANDOM_STATES, DefinitionKind

if TYPE_CHECKING:
    from nbprod.emit.plan import Plan, StepPlan
    from nbprod.model.graph import Definition

PYPLOT = "matplotlib.pyplot"


def step_module(step: StepPlan, plan: Plan) -> str:
    """Return the text of `<package>/steps/<step>.py`, not yet formatted."""
    avoid = step.body.bound | set(step.step.input_names) | set(step.step.parameters) | {step.name}
    imports = Imports(standing=step.imports, avoid=frozenset(avoid | {one.name for one in step.above}))
    result = _result_class(step, plan, imports) if step.result else ""
    function = _function(step, plan, imports)
    above = joined(step.above)
    written = "\n\n".join((*above, function))
    _import_mentioned(step, plan, imports, written)
    parts = [docstrings.of_module(step, plan), "\n".join(imports.lines), *above, result, function]
    return "\n\n\n".join(part for part in parts if part) + "\n"


def joined(definitions: tuple[Definition, ...]) -> list[str]:
    """The definitions' texts, each once (`a, b = 1, 2` defines two names); constants of one cell stand together."""
    parts: list[str] = []
    before: Definition | None = None
    for each in {each.source: each for each in definitions}.values():
        text = each.source.strip("\n")
        both = each.kind is DefinitionKind.CONSTANT and before is not None and before.kind is each.kind
        if both and before is not None and before.cell == each.cell:
            parts[-1] += f"\n{text}"
        else:
            parts.append(text)
        before = each
    return parts


def _import_mentioned(step: StepPlan, plan: Plan, imports: Imports, written: str) -> None:
    """Import what the module's own code mentions: from the notebook's imports, and from definitions.py."""
    names = source.mentioned(written)
    for each in step.imports:
        if each.name in names or each.name == "*" or _acts_alone(each):
            imports.line(each.source + ("  # noqa: F401" if _acts_alone(each) else ""))
    for block in step.step.blocks:
        for line in block.needs:
            if source.mentioned(line) <= names:
                imports.line(line)
    shared = [each.name for each in step.shared if each.name in names]
    if shared:
        imports.line(f"from {plan.package}.definitions import {', '.join(shared)}")
    if "display" in names and "display" not in step.body.bound and not _defines(step, "display"):
        imports.line("from IPython.display import display")


def _acts_alone(definition: Definition) -> bool:
    """Whether the import is there for what it does, not for its name."""
    return bool(re.match(r"from (sklearn\.experimental|__future__) ", definition.source))


def _defines(step: StepPlan, name: str) -> bool:
    return any(each.name == name for each in (*step.imports, *step.above, *step.shared, *step.nested))


def _function(step: StepPlan, plan: Plan, imports: Imports) -> str:
    arguments, fresh = _arguments(step, plan, imports)
    begin = "async def" if is_async(step) else "def"
    head = f"{begin} {step.name}({', '.join(arguments)}) -> {_return_type(step, plan, imports)}:"
    statements = [docstrings.of_function(step, plan), *fresh, *_statements(step, plan, imports)]
    return head + "\n" + "\n".join(source.indent(each) for each in statements if each)


def is_async(step: StepPlan) -> bool:
    """Whether the step's function must be awaited."""
    return step.step.is_async or (
        bool(step.step.function) and type(functions.definition(step.step)).__name__ == "AsyncFunctionDef"
    )


def _arguments(step: StepPlan, plan: Plan, imports: Imports) -> tuple[list[str], list[str]]:
    """The signature's arguments (inputs by position, the rest by keyword), and what makes defaults anew."""
    positional = []
    for each in step.step.inputs:
        seen = next((one for one in step.seen.inputs if one.name == each.name), None) if step.seen else None
        positional.append(f"{each.name}: {value_type(each.name, each.maker, seen, plan, step, imports)}")
    keyword = _parameters(step, plan, imports) + _plain_defaults(step)
    fresh = [each.fresh for each in keyword if each.fresh]
    if not keyword:
        return positional, fresh
    return [*positional, "*", *map(str, keyword)], fresh


def _parameters(step: StepPlan, plan: Plan, imports: Imports) -> list[Argument]:
    known = [one for each in plan.steps for one in (*step.imports, *each.imports)]
    found = {each.name: each for each in plan.graph.parameters}
    return [parameter(found[name], imports, known) for name in step.step.parameters if name in found]


def _plain_defaults(step: StepPlan) -> list[Argument]:
    """A decorated function's arguments that no step and no parameter feeds, with their own defaults."""
    if not step.step.function:
        return []
    fed = {*step.step.input_names, *step.step.parameters}
    types = functions.argument_types(step.step)
    plain = {name: default for name, default in functions.defaults(step.step).items() if name not in fed}.items()
    return [Argument(name, types.get(name, _type_of(default)), default) for name, default in plain]


def _type_of(default: str) -> str:
    """The type of a literal.

    >>> _type_of("3"), _type_of("None"), _type_of("f()")
    ('int', 'object', 'object')
    """
    kind = type(ast.literal_eval(default)).__name__ if source.literal(default) else "object"
    return kind if kind != "NoneType" else "object"


def _return_type(step: StepPlan, plan: Plan, imports: Imports) -> str:
    if not step.returns:
        return "None"
    return step.result or _type_of_output(step.returns[0], step, plan, imports)


def _type_of_output(name: str, step: StepPlan, plan: Plan, imports: Imports) -> str:
    seen = next((each for each in step.seen.outputs if each.name == name), None) if step.seen else None
    return value_type(name, step.name, seen, plan, step, imports)


def _result_class(step: StepPlan, plan: Plan, imports: Imports) -> str:
    imports.line("from typing import NamedTuple")
    fields = [f"    {name}: {_type_of_output(name, step, plan, imports)}" for name in step.returns]
    return "\n".join([f"class {step.result}(NamedTuple):", f'    """What {step.name} makes."""', "", *fields])


def _statements(step: StepPlan, plan: Plan, imports: Imports) -> list[str]:
    begin = [*_copies(step, plan, imports), *_seeded(step, imports)]
    made = _own_function(step, imports) if step.step.function else _cells(step, imports)
    parts = [*begin, *made]
    return parts if any(part.strip() for part in parts) else ["pass"] if not step.returns else parts


def _copies(step: StepPlan, plan: Plan, imports: Imports) -> list[str]:
    """The caller's objects stay as they are: what the step changes, it changes in a copy."""
    changed = step.step.mutates | set(step.seen.changed if step.seen else ())
    names = [name for name in step.step.input_names if name in changed and name not in RANDOM_STATES]
    tied = _tied(names, step, plan)
    lines = [f"{name} = {name}.{method}()" for name in names if name not in tied and (method := _copying(name, step))]
    deep = [name for name in step.step.input_names if name in tied or (name in names and not _copying(name, step))]
    if deep:
        given = deep[0] if len(deep) == 1 else f"({', '.join(deep)})"
        lines.append(f"{', '.join(deep)} = {imports.module('copy')}.deepcopy({given})")
    return ["\n".join(lines)] if lines else []


def _tied(names: list[str], step: StepPlan, plan: Plan) -> set[str]:
    """The inputs that share objects with one that changes: they are copied in one go, so that they still do."""
    tied: set[str] = set()
    for maker in {each.maker for each in step.step.inputs}:
        seen = plan.step(maker).seen
        for group in seen.together if seen else ():
            members = {each.name for each in step.step.inputs if each.maker == maker and each.name in group}
            if len(members) > 1 and members & set(names):
                tied |= members
    return tied


def _copying(name: str, step: StepPlan) -> str:
    """The method that copies a frame or an array; "" for what only a deep copy copies."""
    seen = next((each for each in step.seen.inputs if each.name == name), None) if step.seen else None
    kind = seen.type if seen else ""
    if kind in ("pandas.DataFrame", "pandas.Series", "numpy.ndarray"):
        return "copy"
    return "clone" if kind.startswith("polars.") else ""


def _seeded(step: StepPlan, imports: Imports) -> list[str]:
    calls = []
    for name in step.step.input_names:
        if name == "numpy_random_state":
            calls.append(f"{imports.module('numpy')}.random.set_state({name})")
        elif name == "python_random_state":
            calls.append(f"{imports.module('random')}.setstate({name})")
    return calls


def _state(name: str, imports: Imports) -> str:
    if name == "numpy_random_state":
        return f"{imports.module('numpy')}.random.get_state()"
    return f"{imports.module('random')}.getstate()"


def _own_function(step: StepPlan, imports: Imports) -> list[str]:
    """The decorated function's own statements; the random states come back beside what it returns."""
    states = tuple(_state(name, imports) for name in step.returns if name in RANDOM_STATES)
    nested = [each.source.strip("\n") for each in step.nested]
    returned = functions.Returned(step.result, len(functions.made(step.step)), states)
    begin = _enclosed("\n\n".join([*nested, *functions.before(step.step)]), step)
    own = functions.body_text(step.step, returned)
    return ["\n\n".join(part.strip("\n") for part in (begin, own) if part.strip())]


def _cells(step: StepPlan, imports: Imports) -> list[str]:
    """The cells' statements in their order, with the nested definitions where the notebook has them."""
    pieces: list[str] = []
    waiting = list(dict.fromkeys((each.cell, each.source.strip("\n")) for each in step.nested))
    last = max((block.cell for block, _ in step.body.parts), default=0)
    early = [text for cell, text in waiting if cell > last]
    waiting = [(cell, text) for cell, text in waiting if cell <= last]
    pieces += early
    drawn, displays = False, _displaying(step)
    for block, text in step.body.parts:
        pieces += [text for cell, text in waiting if cell <= block.cell]
        waiting = [(cell, text) for cell, text in waiting if cell > block.cell]
        if drawn:
            pieces.append(f'{imports.module(PYPLOT)}.close("all")')
        drawn = drawn or block.uses_pyplot or block.cell in displays
        shows = f"{imports.module(PYPLOT)}.show()" if block.cell in displays else ""
        pieces.append("\n".join(each for each in (text, shows) if each))
    body = _enclosed("\n\n".join(each for each in pieces if each), step)
    return [body, _return(step, imports)]


def _displaying(step: StepPlan) -> set[int]:
    """The cells that display figures when they end."""
    cells = step.step.cells
    return {cells[at] for at in step.seen.shown_after if at < len(cells)} if step.seen and step.displays else set()


def _enclosed(text: str, step: StepPlan) -> str:
    """The statements as those of a function: what was global in the notebook belongs to the function that encloses."""
    tree = source.parse(text)
    names = source.global_names(tree)
    if not names:
        return text
    local = source.bindings(tree).keys() | set(step.step.input_names) | set(step.step.parameters)
    declared = [f"{name}: object" for name in sorted(names - local)]
    return "\n".join([*declared, source.replace_keyword(text, "global", "nonlocal")])


def _return(step: StepPlan, imports: Imports) -> str:
    values = {name: _state(name, imports) if name in RANDOM_STATES else name for name in step.returns}
    if not values:
        return ""
    if not step.result:
        return f"return {next(iter(values.values()))}"
    given = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"return {step.result}({given})"
