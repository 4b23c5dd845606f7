"""A notebook in miniature: cells are run as a record would run them, then emitted, formatted and laid out on disk."""

from __future__ import annotations

import ast
import copy
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path  # noqa: TC003 - dataclasses look at annotations

import numpy as np
import pytest

from nbprod import emit, values
from nbprod.adapters import ruff
from nbprod.emit import source
from nbprod.model.files import Ownership
from nbprod.model.graph import Block, Definition, DefinitionKind, Graph, Input, NotebookTest, Parameter, Step
from nbprod.model.notebook import Mark
from nbprod.model.record import Record, Sample, StepSeen


def define(text: str, cell: int = 0, line: int = 1, *, local: bool = False) -> Definition:
    """A definition from its source."""
    statement = ast.parse(text).body[0]
    match statement:
        case ast.Import(names=[alias]) | ast.ImportFrom(names=[alias]):
            return Definition(source.bound_by(alias), DefinitionKind.IMPORT, cell, line, text)
        case ast.FunctionDef(name=name):
            return Definition(name, DefinitionKind.FUNCTION, cell, line, text, source.free_names(text), local=local)
        case ast.ClassDef(name=name):
            return Definition(name, DefinitionKind.CLASS, cell, line, text, source.free_names(text), local=local)
        case ast.Assign(targets=[ast.Name(id=name)]):
            return Definition(name, DefinitionKind.CONSTANT, cell, line, text, source.free_names(text), local=local)
    raise AssertionError(text)


@dataclass
class Miniature:
    """Steps in their order, with what they use; `record()` runs them and keeps samples."""

    parameters: tuple[Parameter, ...] = ()
    steps: list[Step] = field(default_factory=list)
    tests: list[NotebookTest] = field(default_factory=list)
    notebook: str = "notebooks/mini.ipynb"

    def step(self, name, *cells, reads=(), makes=(), uses=(), parameters=(), **more) -> Miniature:
        """Add a step; `reads` are names that earlier steps make."""
        number = 10 * (len(self.steps) + 1)
        blocks = tuple(Block(number + at, text, uses_pyplot="plt." in text) for at, text in enumerate(cells))
        inputs = tuple(Input(each, self._maker(each)) for each in reads)
        indices = tuple(each.cell for each in blocks)
        mark = more.pop("mark", Mark(name))
        more.setdefault("doc", "")
        step = Step(name, indices, blocks, inputs, tuple(makes), tuple(parameters), tuple(uses), mark, **more)
        self.steps.append(step)
        return self

    def check(self, name, text, *reads, uses=()) -> Miniature:
        """Add a `%%test` cell."""
        self.tests.append(NotebookTest(name, 90 + len(self.tests), text, frozenset(reads), tuple(uses)))
        return self

    def _maker(self, name):
        return next(each.name for each in reversed(self.steps) if name in each.outputs)

    @property
    def graph(self) -> Graph:
        return Graph(self.notebook, parameters=self.parameters, steps=tuple(self.steps), tests=tuple(self.tests))

    def record(self, folder: Path) -> Record:
        """Run the steps as the notebook would, in one namespace, and replay each on a sample."""
        space: dict[str, object] = {}
        for each in self.parameters:
            exec(f"from pathlib import Path\n{each.name} = {each.default}", space)
        seen = [self._run(step, space, folder) for step in self.steps]
        return Record(self.notebook, "2026-11-23T00:00:00Z", "3.11", steps=tuple(seen))

    def _run(self, step: Step, space: dict[str, object], folder: Path) -> StepSeen:
        before = {name: copy.deepcopy(space[name]) for name in step.input_names}
        described = tuple(values.describe(name, space[name]) for name in step.input_names)
        _execute(step, space)
        made = {name: space[name] for name in step.outputs}
        outputs = tuple(self._stored(name, value, folder, step) for name, value in made.items())
        together = tuple(each for each in values.groups(made) if len(each) > 1)
        sample = self._sampled(step, before, made, space, folder) if outputs or step.inputs else None
        changed = tuple(name for name in before if values.first_difference(before[name], space[name]) is not None)
        return StepSeen(step.name, "", described, outputs, changed, together, sample=sample)

    def _stored(self, name, value, folder, step):
        saved = values.save(value, folder / "proof" / step.name, name, role=role_of(name, step))
        return replace(values.describe(name, value), format=saved.format)

    def _sampled(self, step, before, made, space, folder):
        inputs = values.sample(before, rows=200)
        again = {**space, **copy.deepcopy(inputs)}
        if "numpy_random_state" in inputs:
            np.random.set_state(inputs["numpy_random_state"])
        if inputs:
            _execute(step, again)
            made = {name: again[name] for name in step.outputs}
        else:
            made = values.sample(made, rows=200)
        stored = {
            of: tuple(
                (name, self._kept(value, folder, f"samples/{step.name}/{of}", name, role_of(name, step)))
                for name, value in each.items()
            )
            for of, each in (("inputs", inputs), ("outputs", made))
        }
        parameters = tuple((name, repr(space[name])) for name in step.parameters)
        return Sample(stored["inputs"], stored["outputs"], parameters)

    def _kept(self, value, folder, where, name, role):
        return values.save(value, folder / where, name, role=role).path.relative_to(folder).as_posix()

    def files(self, folder: Path, *, record=None, standing=None, base=None):
        """Everything that export would write, formatted."""
        record = record or self.record(folder)
        samples = {
            each.relative_to(folder).as_posix(): each.read_bytes()
            for each in (folder / "samples").rglob("*")
            if each.is_file()
        }
        made = emit.files(self.graph, record, package="mini", samples=samples, standing=standing or {}, base=base or {})
        modules = {each.path: each.text for each in made.files if each.path.endswith(".py")}
        done = ruff.format(modules)
        return replace(
            made,
            files=tuple(
                replace(each, content=done[each.path].encode()) if each.path in done else each for each in made.files
            ),
        )

    def project(self, folder: Path, **more) -> Path:
        """A project on disk: the emitted files below `folder/project`."""
        root = folder / "project"
        (root / self.notebook).parent.mkdir(parents=True, exist_ok=True)
        for each in self.files(folder, **more).files:
            path = root / each.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(each.content)
            assert each.ownership is not Ownership.MERGED or each.path.endswith(".py")
        return root


def role_of(name: str, step: Step) -> str:
    return "metric" if name in step.mark.metrics else "plot" if name in step.mark.plots else "out"


def _execute(step: Step, space: dict[str, object]) -> None:
    for each in step.definitions:
        exec(each.source, space)
    if step.function:
        exec(step.source, space)
    for block in step.blocks:
        exec(block.python, space)


@pytest.fixture
def mini() -> Miniature:
    return Miniature()


@pytest.fixture
def definition():
    return define


@pytest.fixture
def run_tests():
    """Run a project's generated tests; returns what pytest said."""

    def run(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "--tb=short",
            "-p",
            "no:cacheprovider",
            *options,
            "tests",
        ]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def module_of(tmp_path):
    """The text of one emitted module."""

    def text(mini: Miniature, path: str) -> str:
        return next(each.text for each in mini.files(tmp_path).files if each.path == path)

    return text
