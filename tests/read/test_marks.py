"""The grammar of marks, and what is said of a mark that breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.model.notebook import Mark, Role
from nbprod.read import marks

GOOD = {
    "%%step clean": (Role.STEP, Mark("clean")),
    "%%step clean   ": (Role.STEP, Mark("clean")),
    "%%step\tclean": (Role.STEP, Mark("clean")),
    "%%step clean # what it does": (Role.STEP, Mark("clean")),
    "%%step clean --outs a b": (Role.STEP, Mark("clean", outs=("a", "b"))),
    "%%step clean --outs=a,b": (Role.STEP, Mark("clean", outs=("a", "b"))),
    "%%step clean --outs a, b": (Role.STEP, Mark("clean", outs=("a", "b"))),
    "%%step clean --outs a --outs b a": (Role.STEP, Mark("clean", outs=("a", "b"))),
    "%%step score --metrics m --plots p q": (Role.STEP, Mark("score", metrics=("m",), plots=("p", "q"))),
    "%%step load-it": (Role.STEP, Mark("load-it")),  # what a name may be is for analysis to say
    "%%test clean": (Role.TEST, Mark("clean")),
}

BAD = {
    "%%step": ("names no step", "Write the name first"),
    "%%step --outs a": ("names no step", "Write the name first"),
    "%%test": ("names no step", "'%%test clean'"),
    "%%step clean --out a": ("no option '--out'", "Did you mean '--outs'?"),
    "%%step clean --metric a": ("no option '--metric'", "Did you mean '--metrics'?"),
    "%%step clean -plot a": ("no option '-plot'", "Did you mean '--plots'?"),
    "%%step clean --zzz": ("no option '--zzz'", "It has --outs, --metrics, --plots"),
    "%%step clean flown": ("has one name", "%%step clean --outs flown"),
    "%%step clean --outs": ("names nothing", "take it away"),
    "%%step clean --outs --metrics m": ("--outs names nothing", "take it away"),
    "%%step clean --outs a.b": ("'a.b' after --outs", "Name variables"),
    "%%step clean --outs a --metrics a": ("declared by --outs and --metrics", "once"),
    "%%test clean extra": ("takes one step", "Take it away"),
}


@pytest.mark.parametrize("line", GOOD)
def test_a_mark_says_its_step_and_what_it_declares(line):
    role, mark = GOOD[line]
    assert marks.of_line(line) == marks.Marking(role, mark)


@pytest.mark.parametrize("line", BAD)
def test_a_broken_mark_says_what_is_wrong_and_what_to_do(line):
    problem, cure = BAD[line]
    found = marks.of_line(line, 3).problems
    assert len(found) == 1
    assert problem in found[0].problem
    assert cure in found[0].cure
    assert found[0].line == 3


@pytest.mark.parametrize("line", ["step clean", "# %%step clean", "%%steps clean", "%%step-x a", "x = '%%step a'", ""])
def test_other_lines_are_no_marks(line):
    assert marks.of_line(line) is None


@pytest.mark.parametrize(
    ("line", "nearest"),
    [("%%stpe clean", "step"), ("%%steps clean", "step"), ("%%Step clean", "step"), ("%%tests clean", "test"),
     ("%step clean", "step"), ("%%bash", None), ("%%time", None), ("%time x", None), ("%timeit", None)],
)  # fmt: skip
def test_a_misspelt_mark_is_named_with_the_nearest(line, nearest):
    found = marks.mistaken_line(line)
    assert (found.cure if found else None) == (f"Did you mean '%%{nearest}'?" if nearest else None)


@pytest.mark.parametrize(
    ("tags", "role", "step"),
    [
        (("step:clean",), Role.STEP, "clean"),
        (("hide-input", "step: clean"), Role.STEP, "clean"),
        (("parameters",), Role.PARAMETERS, None),
        (("skip", "step:clean"), Role.SKIPPED, None),
        (("hide-input",), Role.PLAIN, None),
        ((), Role.PLAIN, None),
    ],
)
def test_tags_mark_a_cell(tags, role, step):
    found = marks.of_tags(tags)
    assert (found.role, found.mark and found.mark.step, found.problems) == (role, step, ())


@pytest.mark.parametrize(
    ("tags", "problem", "cure"),
    [
        (("step:a", "step:b"), "two steps, a and b", "Keep one"),
        (("step:",), "names no step", "step:clean"),
        (("steps:a",), "means nothing", "Did you mean 'step:a'?"),
        (("Step: a",), "means nothing", "Did you mean 'step:a'?"),
        (("parameter",), "means nothing", "Did you mean 'parameters'?"),
        (("parameters", "step:a"), "both 'parameters' and 'step:'", "of their own"),
    ],
)
def test_broken_tags_say_what_is_wrong(tags, problem, cure):
    (found,) = marks.of_tags(tags).problems
    assert problem in found.problem
    assert cure in found.cure


def test_a_line_and_a_tag_of_the_same_step_agree():
    joined = marks.joined(marks.of_tags(("step:clean",)), marks.of_line("%%step clean --outs flown"))
    assert joined == marks.Marking(Role.STEP, Mark("clean", outs=("flown",)))


def test_a_line_and_a_tag_of_two_steps_contradict_each_other():
    joined = marks.joined(marks.of_tags(("step:load",)), marks.of_line("%%step clean"))
    assert joined.mark == Mark("clean")
    assert "'step:load' and marked '%%step clean'" in joined.problems[0].problem


def test_parameters_are_not_part_of_a_step():
    joined = marks.joined(marks.of_tags(("parameters",)), marks.of_line("%%step clean"))
    assert joined.role is Role.PARAMETERS
    assert "marked as part of clean" in joined.problems[0].problem


@given(st.text(alphabet="%step -outmric=,#a ", max_size=40))
def test_any_line_is_read(line):
    marks.of_line(line)
    marks.of_line("%%step " + line)
    marks.mistaken_line(line)
