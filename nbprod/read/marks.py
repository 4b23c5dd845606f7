"""The grammar of marks: `%%step` and `%%test` lines, and cell tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from nbprod.model.notebook import INJECTED, Mark, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS = ("--outs", "--metrics", "--plots")
NO_FIGURES = "--no-figures"
CACHING = {"--fresh": "fresh", "--no-cache": "no", "--cache": "yes"}
ALONE = (NO_FIGURES, *CACHING)  # options that no names follow
EVERY = (*OPTIONS, *ALONE)
MARKS = ("step", "test")
MARK_LINE = re.compile(r"^%%(?P<kind>step|test)(?![\w-]|\?)(?P<rest>.*)$")
COMMENT = re.compile(r"(^|\s)#.*$")
NEAR_TAG = re.compile(r"^(?:steps?\s*[:=]\s*(?P<step>.*)|(?P<parameters>parameters?|params))$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a mark, and what to do; `line` is that of the cell, from 1, or None for tags.

    `is_certain` is False for a tag that may well mean something to somebody else.
    """

    problem: str
    cure: str
    line: int | None = None
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class Marking:
    """What a mark makes of its cell."""

    role: Role = Role.PLAIN
    mark: Mark | None = None
    problems: tuple[Problem, ...] = ()


def of_line(line: str, number: int = 1) -> Marking | None:
    """Return what a `%%step` or `%%test` line says; None if it is neither.

    >>> of_line("%%step clean --outs flown,late --metrics share").mark
    Mark(step='clean', outs=('flown', 'late'), metrics=('share',), plots=(), figures=True)
    >>> [each.cure for each in of_line("%%step clean --metric share").problems]
    ["Did you mean '--metrics'?"]
    """
    found = MARK_LINE.match(line)
    if not found:
        return None
    kind = found["kind"]
    words = COMMENT.sub("", found["rest"]).replace(",", " ").replace("=", " ").split()
    if not words or words[0].startswith("-"):
        example = f"%%{kind} clean" if kind == "test" else "%%step clean --outs flown"
        missing = Problem(f"'%%{kind}' names no step", f"Write the name first, as in '{example}'.", number)
        return Marking(problems=(missing,))
    if kind == "test":
        return Marking(Role.TEST, Mark(words[0]), _surplus_of_test(words, number))
    return _step(words, number)


def _surplus_of_test(words: list[str], number: int) -> tuple[Problem, ...]:
    if len(words) == 1:
        return ()
    return (Problem(f"'%%test' takes one step and nothing else, not '{words[1]}'", "Take it away.", number),)


def _step(words: list[str], number: int) -> Marking:
    declared: dict[str, list[str]] = {option: [] for option in OPTIONS}
    problems: list[Problem] = []
    option = ""
    for word in words[1:]:
        if word.startswith("-"):
            option = word
            if word not in EVERY:
                problems.append(Problem(f"'%%step' has no option '{word}'", _nearest_option(word), number))
        elif not option or option in ALONE:
            problems.append(_second_name(words[0], word, number))
        elif option in declared and not word.isidentifier():
            problems.append(
                Problem(f"'{word}' after {option} is no variable's name", "Name variables of the step's cells.", number)
            )
        elif option in declared and word not in declared[option]:
            declared[option].append(word)
    problems += _empty_options(words, declared, number) + _declared_twice(declared, number)
    outs, metrics, plots = (tuple(declared[each]) for each in OPTIONS)
    cache = next((CACHING[word] for word in words if word in CACHING), "")
    mark = Mark(words[0], outs, metrics, plots, NO_FIGURES not in words, cache)
    return Marking(Role.STEP, mark, tuple(problems))


def _nearest_option(word: str) -> str:
    nearest = get_close_matches("--" + word.lstrip("-"), EVERY, n=1, cutoff=0.5)
    return f"Did you mean '{nearest[0]}'?" if nearest else f"It has {', '.join(EVERY)}."


def _second_name(name: str, word: str, number: int) -> Problem:
    return Problem(
        f"'%%step {name}' is followed by '{word}', but a step has one name",
        f"Write '%%step {name} --outs {word}' if the step makes it, or '%%step {name}_{word}'.",
        number,
    )


def _empty_options(words: list[str], declared: dict[str, list[str]], number: int) -> list[Problem]:
    following = [*words[1:], "-"]
    return [
        Problem(f"{word} names nothing", f"Write what it declares, as in '{word} quality', or take it away.", number)
        for word, successor in zip(words, following, strict=True)
        if word in declared and successor.startswith("-")
    ]


def _declared_twice(declared: dict[str, list[str]], number: int) -> list[Problem]:
    owner: dict[str, str] = {}
    problems = []
    for option, names in declared.items():
        for name in names:
            if owner.setdefault(name, option) != option:
                both = f"{owner[name]} and {option}"
                problems.append(Problem(f"'{name}' is declared by {both}", "Declare it once.", number))
    return problems


def mistaken_line(line: str, number: int = 1) -> Problem | None:
    """Return what is wrong with a first line that was meant to be a mark, or None.

    >>> mistaken_line("%%stpe clean").cure
    "Did you mean '%%step'?"
    """
    found = re.match(r"^(%%?)\s?(\w+)", line)
    if not found or (found[1] == "%%" and found[2] in MARKS):
        return None
    cutoff = 0.75 if found[1] == "%%" else 1.0
    nearest = get_close_matches(found[2].lower(), MARKS, n=1, cutoff=cutoff)
    if not nearest:
        return None
    return Problem(f"'{found[0]}' is no mark", f"Did you mean '%%{nearest[0]}'?", number)


def of_tags(tags: tuple[str, ...]) -> Marking:
    """Return what a cell's tags say; other people's tags mean nothing here.

    >>> of_tags(("hide-input", "step:clean")).mark
    Mark(step='clean', outs=(), metrics=(), plots=(), figures=True)
    >>> of_tags(("step:clean", "outs:flown", "no-figures")).mark
    Mark(step='clean', outs=('flown',), metrics=(), plots=(), figures=False)
    >>> of_tags(("injected-parameters",)).role
    <Role.PARAMETERS: 'parameters'>
    >>> of_tags(("steps:clean",)).problems[0].cure
    "Did you mean 'step:clean'?"
    """
    problems = tuple(_near_tag(tag) for tag in tags if _is_near(tag))
    steps = list(dict.fromkeys(tag.removeprefix("step:").strip() for tag in tags if tag.startswith("step:")))
    if "skip" in tags:
        return Marking(Role.SKIPPED)
    if len(steps) > 1:
        problems += (Problem(f"the cell is tagged for two steps, {steps[0]} and {steps[1]}", "Keep one tag."),)
    if "" in steps:
        problems += (Problem("the tag 'step:' names no step", "Write the name behind the colon: 'step:clean'."),)
    if "parameters" in tags or INJECTED in tags:
        return Marking(Role.PARAMETERS, None, problems + _parameters_and(steps))
    named = [step for step in steps if step]
    if not named:
        return Marking(problems=problems)
    outs, metrics, plots = _declared(tags)
    figures = NO_FIGURES.removeprefix("--") not in tags
    return Marking(Role.STEP, Mark(named[0], outs, metrics, plots, figures), problems)


def _declared(tags: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the outs, metrics and plots that tags such as `outs:flown` name."""
    for option in OPTIONS:
        prefix = f"{option.removeprefix('--')}:"
        names = (tag.removeprefix(prefix).strip() for tag in tags if tag.startswith(prefix))
        yield tuple(dict.fromkeys(name for name in names if name.isidentifier()))


def _parameters_and(steps: list[str]) -> tuple[Problem, ...]:
    if not steps:
        return ()
    return (
        Problem("the cell is tagged both 'parameters' and 'step:'", "Put the parameters into a cell of their own."),
    )


def _is_near(tag: str) -> bool:
    return not tag.startswith("step:") and tag != "parameters" and NEAR_TAG.match(tag.strip()) is not None


def _near_tag(tag: str) -> Problem:
    found = NEAR_TAG.match(tag.strip())
    step = found["step"] if found else None
    meant = "parameters" if step is None else f"step:{step}"
    problem = f"the tag '{tag}' means nothing to nbprod"
    return Problem(problem, f"Did you mean '{meant}'?", is_certain=step is not None)


def joined(tagged: Marking, lined: Marking | None) -> Marking:
    """Return what tags and mark line say together; the line wins where they contradict each other."""
    if lined is None or tagged.role is Role.SKIPPED:
        return tagged
    problems = tagged.problems + lined.problems
    if lined.mark is None:
        return Marking(tagged.role, tagged.mark, problems)
    if tagged.role is Role.PARAMETERS:
        both = f"the cell is tagged 'parameters' and marked as part of {lined.mark.step}"
        return Marking(
            Role.PARAMETERS, None, (*problems, Problem(both, "Put the parameters into a cell of their own."))
        )
    if tagged.mark and (tagged.mark.step, tagged.role) != (lined.mark.step, lined.role):
        both = f"the cell is tagged 'step:{tagged.mark.step}' and marked '%%{lined.role} {lined.mark.step}'"
        problems += (Problem(both, "Keep one of the two."),)
    return Marking(lined.role, lined.mark, problems)
