"""The notebook's own checks of a step, its `%%test` cells, as tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.emit.body import body
from nbprod.emit.plan import is_import
from nbprod.model.graph import Block

if TYPE_CHECKING:
    from nbprod.emit.plan import Plan, StepPlan
    from nbprod.model.graph import NotebookTest


@dataclass(slots=True)
class NotebookChecks:
    """Writes the tests of one step's `%%test` cells, and collects the imports that they need."""

    step: StepPlan
    plan: Plan
    call: str
    replayed: bool
    imports: list[str] = field(default_factory=list)

    def tests(self) -> list[str]:
        """The tests, in the notebook's order."""
        return [self._test(each) for each in self.plan.checks.get(self.step.name, ())]

    def _test(self, check: NotebookTest) -> str:
        made = body((Block(check.cell, check.python),), frozenset(), frozenset())
        text = made.parts[0][1]
        above = [each.source for each in made.hoisted if not is_import(each)]
        inside = [*self._definitions(check), *above]
        self.imports += [each.source for each in made.hoisted if is_import(each)]
        given, fixtures = self._given(check)
        arguments = ", ".join(sorted(fixtures))
        head = f"def test_notebook_cell_{check.cell}({arguments}):"
        statements = [*given, *inside, text or "pass"]
        return head + "\n" + "\n".join(source.indent(each) for each in statements if each)

    def _definitions(self, check: NotebookTest) -> list[str]:
        """What the cell uses: imported from where it stands, else repeated in the test."""
        shared = {(each.name, each.source) for each in self.plan.shared}
        own = {(each.name, each.source) for each in self.step.above}
        repeated = []
        for each in check.definitions:
            key = (each.name, each.source)
            if is_import(each):
                self.imports.append(each.source)
            elif key in shared:
                self.imports.append(f"from {self.plan.package}.definitions import {each.name}")
            elif key in own:
                self.imports.append(f"from {self.plan.package}.steps.{self.step.name} import {each.name}")
            else:
                repeated.append(each.source.strip("\n"))
        return list(dict.fromkeys(repeated))

    def _given(self, check: NotebookTest) -> tuple[list[str], set[str]]:
        """The statements that give the cell its names, and the fixtures that these need."""
        on_sample = self.replayed and check.cell not in self._failing()
        lines: list[str] = []
        fixtures: set[str] = set()
        outputs = [name for name in self.step.returns if name in check.reads]
        if on_sample and (outputs or not check.reads):
            lines += self._made(outputs)
            fixtures |= {"sample"} if self.step.step.inputs else set()
        elif outputs:
            lines += [f'{name} = stored("{self.step.name}", "{name}")' for name in outputs]
            fixtures.add("stored")
        for name in sorted(check.reads - set(outputs)):
            line, fixture = self._other(name, on_sample=on_sample)
            lines += [line] if line else []
            fixtures |= {fixture} if fixture else set()
        return lines, fixtures

    def _failing(self) -> tuple[int, ...]:
        sample = self.step.seen.sample if self.step.seen else None
        return sample.failing_tests if sample else ()

    def _made(self, outputs: list[str]) -> list[str]:
        if not outputs:
            return [self.call]
        if not self.step.result:
            return [f"{outputs[0]} = {self.call}"]
        return [f"made = {self.call}", *(f"{name} = made.{name}" for name in outputs)]

    def _other(self, name: str, *, on_sample: bool) -> tuple[str, str]:
        """A name that the step doesn't make: its input, a parameter, or what an earlier step made."""
        for each in self.step.step.inputs:
            if each.name == name:
                if on_sample:
                    return f'{name} = sample("{name}")', "sample"
                return f'{name} = stored("{each.maker}", "{name}")', "stored"
        for one in self.plan.graph.parameters:
            if one.name == name:
                return f"{name} = {one.default}", ""
        makers = [each for each in self.plan.steps if name in each.returns]
        return (f'{name} = stored("{makers[-1].name}", "{name}")', "stored") if makers else ("", "")
