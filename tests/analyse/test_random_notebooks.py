"""Notebooks that a grammar writes: Python of every kind, magics, shell lines, marks and broken text, in any mixture.

The same numbers write the same notebooks, so that whatever fails can be looked at again.
"""

from __future__ import annotations

import json
import random

import pytest

from nbprod.adapters import ipython
from nbprod.analyse import graph
from nbprod.errors import NotebookUnreadable
from nbprod.model.notebook import Role
from nbprod.read import notebook

NAMES = ["a", "b", "df", "x", "y", "rows", "model", "f", "g", "_", "np", "pd", "plt", "limit", "é", "match", "__name__"]
MODULES = ["os", "numpy as np", "pandas as pd", "matplotlib.pyplot as plt", "a.b.c", "random", "os.path as p"]
TEXTS = (
    "'t' | \"a > @limit\" | 'y ~ x + g(z)' | f'{x!r:>{limit}}' | rb'\\xff' | \"\"\"{x}\n$y\"\"\" | 'select * from df'"
)
ATOMS = ["1", "0x_f", "1e400", "2j", "None", "...", "True", *TEXTS.split(" | ")]
METHODS = ["append", "fit", "query", "sort", "drop", "sql", "T", "loc", "seed", "random", "shuffle", "__class__"]
SIGNS = ["+", "@", "//", "**", "<<", "and", "or", "is not", "not in", "<=", "!=", "|"]
WRAPPERS = ["(await {})", "(yield {})", "{}", "({},)", "[{}]", "(not {})", "{{{}}}", "-{}"]
ENDS = ["pass", "raise E from e", "print(x)", "return", "break", "continue", "nonlocal x", "return x"]
MAGICS = r"""
%matplotlib inline;; %load_ext autoreload;; %time x = f(a);; %timeit -n 3 f(x);; %run other.py;; %env A=$x;; %cd {x}
;; %%time;; %%capture out;; %%bash\necho $x;; %%html\n<b>;; %%writefile a.py;; %who;; %;; %%;; !ls {x} $y | head
;; rows = !cat {f'{a}'};; !!ls;; !;; x = %who_ls;; ?x;; x??;; pip install a;; !pip install b;; %%step;; %%step a
;; %%step b --outs x;; %%step class --metrics y --plots;; %%test a;; %%step a\n%%time;; %%sql\nx;; >>> x = 1\n... y
;; In [3]: x;; /f x;; ,f a b;; f x;; # %%step a;; display(df);; @step\ndef f(x): return x
"""
LINES = [each.strip().replace("\\n", "\n") for each in MAGICS.split(";;")]
BROKEN = [*'\x00\ud800\ufeff\r\x0c\u2028\t\\(]"é0:', "\r\n", "\\\n", "'''", "\n\n"]
TAGS = ["parameters", "skip", "step:a", "step:b", "step: ", "test:a", "injected-parameters", "step:é", "", "é\ud800"]


class Grammar:
    """Writes source at random; `room` says how much deeper it may nest."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def one(self, options):
        return self.random.choice(options)

    def name(self):
        return self.one(NAMES)

    def value(self, room):
        if room <= 0 or self.random.random() < 0.25:
            return self.one([self.name(), self.one(ATOMS)])
        v, n = (lambda: self.value(room - 1 - self.random.randrange(2))), self.name
        forms = [
            lambda: f"{n()}.{self.one(METHODS)}({v()}, *{v()}, inplace={v()}, **{v()})",
            lambda: f"{n()}[{v()}:{v()}, {v()}].{self.one(METHODS)}",
            lambda: f"({v()} {self.one(SIGNS)} {v()})",
            lambda: f"[{v()} for {n()} in {v()} if {v()} for {n()}, *{n()} in {v()}]",
            lambda: f"{{{v()}: {v()} for {n()}[{v()}] in {v()}}}",
            lambda: f"(lambda {n()}, *{n()}_, k={v()}, **kw: {v()})",
            lambda: f"({n()} := {v()})",
            lambda: f"({v()} if {v()} else {v()})",
            lambda: f"{{**{v()}, {v()}: {v()}}}",
            lambda: f"f\"{{{n()}['k']}} {{{n()} + 1:{{{n()}}}}}\"",
            lambda: self.one(WRAPPERS).format(v()),
            lambda: f"{n()}({v()}, {n()}={v()})({v()})",
        ]
        return self.one(forms)()

    def target(self, room):
        n, v = self.name, (lambda: self.value(room - 1))
        forms = [n, n, lambda: f"{n()}, ({n()}, *{n()})", lambda: f"{n()}[{v()}]", lambda: f"{n()}.{self.one(METHODS)}"]
        return self.one(forms)()

    def block(self, room):
        body = "\n".join(self.statement(room - 1) for _ in range(self.random.randint(1, 3)))
        return "\n".join("    " + line for line in body.split("\n"))

    def statement(self, room):
        v, n, t = (lambda: self.value(min(room, 2))), self.name, (lambda: self.target(room))
        simple = [
            lambda: f"{t()} = {v()}",
            lambda: f"{n()} = {n()} = {v()}",
            lambda: f"{n()} {self.one(['+', '@', '|'])}= {v()}",
            lambda: f"{n()}: {v()} = {v()}",
            lambda: f"del {n()}, {n()}[{v()}]",
            lambda: f"import {self.one(MODULES)}",
            lambda: f"from {self.one(['os', '.', 'a.b'])} import {self.one(['*', n(), f'{n()} as {n()}'])}",
            lambda: "from __future__ import annotations",
            lambda: f"global {n()}; {n()} = {v()}",
            lambda: f"assert {v()}, {v()}",
            lambda: self.one(ENDS),
            v,
        ]
        return self.one(simple)() if room <= 0 or self.random.random() < 0.5 else self.one(self.nested(room))()

    def nested(self, room):
        v, n, b, t = (lambda: self.value(2)), self.name, (lambda: self.block(room)), (lambda: self.target(room))
        return [
            lambda: f"if {v()}:\n{b()}\nelif {v()}:\n{b()}\nelse:\n{b()}",
            lambda: f"{self.one(['', 'async '])}for {t()} in {v()}:\n{b()}\nelse:\n{b()}",
            lambda: f"while {v()}:\n{b()}",
            lambda: f"try:\n{b()}\nexcept {self.one(['', '', '*'])}({v()}) as {n()}:\n{b()}\nfinally:\n{b()}",
            lambda: f"{self.one(['', 'async '])}with {v()} as {t()}, {v()}:\n{b()}",
            lambda: f"match {v()}:\n    case {{'k': {n()}, **{n()}}} | [{n()}, *{n()}] if {v()}:\n        {n()}",
            lambda: f"@{n()}\nasync def {n()}({n()}: {v()}, /, {n()}_={v()}, *, k) -> {v()}:\n{b()}",
            lambda: f"def {n()}({n()}, *{n()}_, **k):\n{b()}",
            lambda: f"class {n()}({v()}, metaclass={v()}):\n{b()}",
        ]

    def cell(self):
        parts = []
        for _ in range(self.random.randint(0, 5)):
            kind = self.random.random()
            parts.append(self.one(LINES) if kind < 0.2 else self.statement(3))
        text = "\n".join(parts)
        if self.random.random() < 0.3:
            text = f"%%step {self.one(['a', 'b', 'c', 'd'])}\n{text}"
        for _ in range(self.random.randint(1, 4) if self.random.random() < 0.15 else 0):
            at = self.random.randint(0, len(text))
            text = text[:at] + self.one(BROKEN) + text[at + self.random.randint(0, 2) :]
        return text

    def notebook(self, cells):
        made = [self.as_cell(self.cell()) for _ in range(cells)]
        kernel = {"kernelspec": {"name": "ir", "language": "R"}} if self.random.random() < 0.02 else {}
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": made}
        text = json.dumps(content, ensure_ascii=self.random.random() < 0.7)
        if self.random.random() < 0.1:
            return self.garbled(text)
        return text

    def as_cell(self, source):
        tags = [self.one(TAGS)] if self.random.random() < 0.1 else []
        kind = "markdown" if self.random.random() < 0.05 else "code"
        lines = source.splitlines(keepends=True) if self.random.random() < 0.5 else source
        return {"cell_type": kind, "metadata": {"tags": tags}, "source": lines, "outputs": [], "id": self.one("abcdef")}

    def garbled(self, text):
        data = text.encode(self.one(["utf-8", "utf-8-sig", "utf-16", "latin-1", "utf-32-be"]), "replace")
        at = self.random.randrange(len(data))
        return data[:at] + self.random.randbytes(self.random.randrange(3)) + data[at + self.random.randrange(3) :]


def went_through(text):
    """Read and analyse, and return how many cells there were; a text that is no notebook has none."""
    try:
        read = notebook(text, "n.ipynb", ipython.transform, lambda _: "x = 1; y = f(x)")
    except NotebookUnreadable:
        return 0
    found = graph(read)
    for cell in read.cells:
        if cell.role not in {Role.TEXT, Role.SKIPPED}:
            assert cell.faults or cell.python.count("\n") == cell.source.count("\n")
    assert all(each.cell is None or 0 <= each.cell < len(read.cells) for each in found.diagnostics)
    assert all(each.message for each in found.diagnostics)
    return len(read.cells)


@pytest.mark.parametrize("seed", range(12))
def test_a_notebook_written_at_random_is_analysed(seed):
    assert went_through(Grammar(seed).notebook(20)) in {0, 20}


@pytest.mark.slow
def test_two_thousand_cells_written_at_random_are_analysed():
    assert sum(went_through(Grammar(seed).notebook(20)) for seed in range(1_000, 1_100)) > 1_600
