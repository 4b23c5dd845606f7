"""Docstrings of generated modules and functions."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from nbprod.emit import functions, source
from nbprod.model.graph import RANDOM_STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.emit.plan import Plan, StepPlan
    from nbprod.model.record import ColumnSeen, ValueSeen

WIDTH = 96
SENTENCE_END = re.compile(r"(?<=[.!?…]) (?=[A-Z`])")


def cells(indices: Sequence[int]) -> str:
    """The cells as words.

    >>> cells((4,)), cells((4, 6, 9))
    ('cell 4', 'cells 4, 6 and 9')
    """
    words = [str(each) for each in indices]
    if len(words) == 1:
        return f"cell {words[0]}"
    return f"cells {', '.join(words[:-1])} and {words[-1]}"


def of_module(step: StepPlan, plan: Plan) -> str:
    """The docstring of a step's module: which cells it comes from."""
    return quoted(f"{source.title(step.name)}: {cells(step.step.cells)} of {plan.notebook}.")


def of_function(step: StepPlan, plan: Plan) -> str:
    """The docstring of a step's function: what it is for, its arguments, what comes back."""
    own = functions.docstring(step.step) if step.step.function else ""
    paragraphs = [own or summary(step)]
    if "Args:" not in own and (arguments := _arguments(step, plan)):
        paragraphs.append("Args:\n" + textwrap.indent("\n".join(arguments), "    "))
    if "Returns:" not in own and (returned := _returned(step)):
        paragraphs.append("Returns:\n" + textwrap.indent("\n".join(returned), "    "))
    return quoted("\n\n".join(paragraphs))


def summary(step: StepPlan) -> str:
    """One sentence: the notebook's own words for the step, or what it makes."""
    first = " ".join(step.step.doc.split("\n\n")[0].split()).strip(" #*_`")
    if first and first.casefold().rstrip(".") != source.title(step.name).casefold():
        text = first[0].upper() + first[1:]
        return laid_out(_sentence(text), WIDTH)
    made = [each for each in step.returns if each not in RANDOM_STATES]
    if made:
        return f"{source.title(step.name)}: makes {listed(made)}."
    return f"{source.title(step.name)}: returns nothing."


def laid_out(text: str, width: int) -> str:
    r"""Text that is too long for one line: its first sentence, and what follows as a paragraph of its own.

    >>> laid_out("What clean makes. Yours to edit.", 20), laid_out("Short. Both stay.", 20)
    ('What clean makes.\n\nYours to edit.', 'Short. Both stay.')
    """
    if len(text) <= width:
        return text
    parts = SENTENCE_END.split(text, maxsplit=1)
    return "\n\n".join("\n".join(textwrap.wrap(each, width, break_on_hyphens=False)) for each in parts)


def _sentence(text: str) -> str:
    return text if text[-1] in ".!?…" else text.rstrip(":;,") + "."


def listed(names: Sequence[str]) -> str:
    """Names as words.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _arguments(step: StepPlan, plan: Plan) -> list[str]:
    lines = []
    for each in step.step.inputs:
        seen = next((one for one in step.seen.inputs if one.name == each.name), None) if step.seen else None
        lines.append(_wrapped(each.name, _size(seen) or f"what {each.maker} makes."))
    comments = {each.name: each for each in plan.graph.parameters}
    for name in step.step.parameters:
        known = comments.get(name)
        comment = " ".join(known.comment.lstrip("# ").split()) if known else ""
        default = f"{known.default} in the notebook." if known and len(known.default) < 40 else ""
        lines.append(_wrapped(name, _sentence(comment) if comment else default or "as the notebook sets it."))
    return lines


def _wrapped(name: str, text: str) -> str:
    return "\n".join(textwrap.wrap(f"{name}: {text}", WIDTH - 8, subsequent_indent="    ", break_on_hyphens=False))


def _size(seen: ValueSeen | None) -> str:
    if seen is None or not seen.shape:
        return ""
    if seen.name in RANDOM_STATES:
        return f"where {RANDOM_STATES[seen.name]}'s global random numbers go on."
    return f"{seen.summary} when recorded." if seen.summary else ""


def _returned(step: StepPlan) -> list[str]:
    if step.seen is None or not step.returns:
        return []
    found = {each.name: each for each in step.seen.outputs}
    if len(step.returns) == 1:
        text = describe(found.get(step.returns[0]), step)
        return [text[0].upper() + text[1:]] if text else []
    lines = [(name, describe(found.get(name), step)) for name in step.returns]
    return [_wrapped(name, text) for name, text in lines if text]


def describe(seen: ValueSeen | None, step: StepPlan) -> str:
    """What came back, in a few words: its size, and the columns that it has more than its source."""
    size = _size(seen)
    news = news_of(seen, step) if seen else ""
    return f"{size.rstrip('.')}; {news}." if size and news else size


def news_of(seen: ValueSeen, step: StepPlan) -> str:
    """Which columns a frame has beyond those of the one input that it was made from."""
    if seen.frame is None or step.seen is None:
        return ""
    here = _names(seen.frame.columns)
    sources = [_names(each.frame.columns) for each in step.seen.inputs if each.frame]
    likely = [each for each in sources if len(set(each) & set(here)) * 2 > len(here)]
    if len(likely) != 1:
        return ""
    added = [f"`{name}`" for name in here if name not in likely[0]]
    return f"adds {listed(added)}" if 0 < len(added) <= 4 else ""


def _names(columns: Sequence[ColumnSeen]) -> list[str]:
    return [each.name for each in columns]


def quoted(text: str) -> str:
    """The text as a docstring.

    >>> print(quoted('Say "so"'))
    \"\"\"Say "so" \"\"\"
    """
    wrapped = text if "\n" in text else laid_out(text, WIDTH - 8)
    escaped = wrapped.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if "\n" in escaped:
        return f'"""{escaped}\n"""'
    return f'"""{escaped}{" " if escaped.endswith(chr(34)) else ""}"""'
