"""The kernel's side of `nbprod record`: hidden code starts it before the first cell, and ends it after the last."""

from __future__ import annotations

import itertools
import pickle
import re
import sys
from dataclasses import asdict, dataclass, field, replace
from json import dumps  # as it is before the notebook, which may put another in its place
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbprod.model.graph import CellKind
from nbprod.record import audit
from nbprod.record.calls import Borders
from nbprod.record.changes import in_reach
from nbprod.record.figures import Screen, Shown
from nbprod.record.files import note_programs, read_and_written
from nbprod.record.observer import Observer
from nbprod.record.proof import Proof
from nbprod.record.raising import Raised, raised
from nbprod.record.replay import Replays, Stage
from nbprod.record.sampling import Taken, take
from nbprod.record.world import packages, search_path, star_names
from nbprod.values import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.model.graph import Graph, Step
    from nbprod.model.record import Sample, StepSeen

RESULT = "result.json"
BORDER = "__import__('nbprod.record.kernel', fromlist=['border']).border"
# In a recording kernel marks are comments, and the extension and its magics have nothing to do.
MARK = re.compile(r"%%(?:step|test)\b")
OURS = re.compile(r"^(%(?:re)?load_ext\s+nbprod\b|%(?:steps|graph|schema|check|export|verify)\b)")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the kernel is told: the graph, the cells' ids and sources by index, the folders, the parameters to set."""

    graph: Graph
    ids: Mapping[str, int]
    sources: Mapping[int, str]
    root: Path
    home: Path
    scratch: Path
    values: Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    states: Path | None = None


class Session:
    """One observed run in this kernel."""

    def __init__(self, shell: Any, plan: Plan) -> None:
        self.plan = plan
        self.shell = shell
        self.path = [*sys.path]
        keep = Proof(plan.values or plan.scratch / "proof")
        self.observer = Observer(shell.user_ns, plan.graph, plan.root, keep=keep, states=plan.states)
        self.screen = Screen()
        self.seen: dict[str, StepSeen] = {}
        self.samples: dict[str, Sample] = {}
        self.taken: dict[str, Taken] = {}
        self.cell: int | None = None
        self.depth = 0  # a cell can run another one, which is none of the notebook's
        self.parameters: dict[str, Any] = {}
        self.outside = audit.Accesses()  # what the running cell does, if it is of no step
        self.written_outside: list[tuple[str, int]] = []
        self.raised: list[Raised] = []
        self.in_reach = in_reach(plan.graph)
        self.prints: Mapping[
            str, str
        ] = {}  # of the steps' values that the running cell has in hand, if it is of no step
        self.changed_outside: list[tuple[str, int]] = []
        stage = Stage(plan.graph, shell.user_ns, self._python, plan.scratch, plan.home, self.parameters)
        self.replays = Replays(stage, self.taken)

    def attach(self) -> None:
        """Have the shell tell of its cells."""
        self.shell.events.register("pre_run_cell", self._starts)
        self.shell.events.register("post_run_cell", self._ends)
        self.shell.input_transformers_cleanup.insert(0, without_marks)
        self.shell.ast_transformers.append(Borders(self._functions, BORDER))
        self.observer.attach()
        self.screen.attach(self.shell, self.plan.sources.values())
        if not any(each.kind is CellKind.PARAMETERS for each in self.plan.graph.cells):
            self._set_parameters()

    def before(self, step: Step) -> None:
        """The step starts."""
        if self.plan.values is None and step.inputs:
            self.taken[step.name] = take(step, self.observer.border.values(step.input_names))
        self.observer.before(step)
        self.screen.step(step.name)

    def after(self, step: Step) -> None:
        """The step ended."""
        self.screen.leave()
        seen = self.observer.after(step)
        shown = self._figures(step)
        self.seen[step.name] = replace(seen, figures=shown.digests, shown_after=shown.places(step))
        if self.plan.values is None and not step.inputs:
            self.samples[step.name] = self.replays.rows(step, self.observer.border.values(step.outputs))

    def _figures(self, step: Step) -> Shown:
        """What the step displayed, kept beside its values."""
        shown = self.screen.take(step.name)
        if not step.mark.figures:
            return Shown()
        if self.plan.values is not None:
            shown.store(self.plan.values / step.name)
        return shown

    async def finish(self) -> None:
        """Replay the samples and write down all that was seen."""
        for step in self.plan.graph.steps if self.plan.values is None else ():
            if step.name in self.seen and step.name not in self.samples:
                self.samples[step.name] = await self.replays.replay(step, self.seen[step.name])
        self._write()

    def _write(self) -> None:
        described = [replace(seen, sample=self.samples.get(name)) for name, seen in self.seen.items()]
        border = self.observer.border
        types = {each.name: each.type for each in border.describe(self.parameters)}
        sources = [self._python(cell) for cell in self.plan.sources]
        sources += [each.source for step in self.plan.graph.steps for each in step.definitions]
        result = {
            "steps": [asdict(each) for each in described],
            "parameters": [(name, repr(value)) for name, value in self.parameters.items()],
            "parameter_types": [(name, types[name]) for name in self.parameters if name in types],
            "packages": packages(sources),
            "star_names": star_names(sources),
            "search_path": search_path(self.path, self.plan.home, self.plan.root),
            "written_outside": self.written_outside,
            "changed_outside": self.changed_outside,
            "raised": self.raised,
        }
        write_whole(self.plan.scratch / RESULT, dumps(result).encode())

    def _functions(self) -> list[str]:
        """The decorated steps that the running cell calls."""
        return [step.function for step in self.plan.graph.steps if step.function and self.cell in step.cells]

    def _python(self, cell: int) -> str:
        lines = self.plan.sources[cell].splitlines(keepends=True)
        body = itertools.dropwhile(lambda line: line.startswith("%%") or line.isspace(), lines)
        try:
            return str(self.shell.transform_cell("".join(body)))
        except SyntaxError:
            return ""

    def _starts(self, info: Any) -> None:
        self.depth += 1
        if self.depth > 1:
            return
        self.cell = self.plan.ids.get(getattr(info, "cell_id", None) or "")
        self.observer.border.moved()
        step = self._marked()
        if step is None:
            self._leaves_steps()
            return
        if self.observer.is_open(step):
            self.observer.resume(step)
        else:
            self.before(step)
        self.screen.step(step.name, self.cell)

    def _ends(self, result: Any) -> None:
        self.depth = max(0, self.depth - 1)
        if self.depth or self.cell is None:
            return
        cell, self.cell = self.cell, None
        self.screen.leave()
        told = raised(cell, result, self.shell.user_ns)
        self.raised += [told] if told else []
        step = self._marked(cell)
        if step is None:
            self._left_steps(cell)
        else:
            self._settle(step, cell, failed=not getattr(result, "success", True))
        if self._is_parameters(cell):
            self._set_parameters()

    def _leaves_steps(self) -> None:
        """A cell of no step starts: look at what it might change behind the steps' backs."""
        border, names = self.observer.border, self.in_reach.get(-1 if self.cell is None else self.cell, frozenset())
        self.prints = border.prints(sorted(names))
        self.outside = audit.Accesses()
        audit.listen(self.outside)

    def _left_steps(self, cell: int) -> None:
        """A cell of no step ended: what it wrote and changed that steps may read."""
        audit.listen(None)
        note_programs(self.outside, self.plan.root)
        _, written = read_and_written(self.outside, {}, (), self.plan.root)
        self.written_outside += [(path, cell) for path in written]
        self.observer.border.moved()
        now = self.observer.border.prints(self.prints)
        self.changed_outside += [(name, cell) for name, digest in now.items() if digest != self.prints[name]]

    def _settle(self, step: Step, cell: int, *, failed: bool) -> None:
        if failed:
            self.observer.drop(step)
        elif cell == max(step.cells):
            self.after(step)
        else:
            self.observer.pause(step)

    def _marked(self, cell: int | None = None) -> Step | None:
        index = self.cell if cell is None else cell
        return next((step for step in self.plan.graph.steps if not step.function and index in step.cells), None)

    def _is_parameters(self, cell: int) -> bool:
        return any(each.index == cell and each.kind is CellKind.PARAMETERS for each in self.plan.graph.cells)

    def _set_parameters(self) -> None:
        """Give the parameters the values that the run was asked for, and note what they are now."""
        self.shell.user_ns.update(self.plan.parameters)
        names = [each.name for each in self.plan.graph.parameters]
        self.parameters.update(self.observer.border.values([*names, *self.plan.parameters]))


def without_marks(lines: list[str]) -> list[str]:
    r"""The cell with its marks, and what is nbprod's own, as comments; the line numbers stay.

    >>> without_marks(["%%step clean\n", "x = 1\n"])
    ['# %%step clean\n', 'x = 1\n']
    """
    if not lines or not MARK.match(lines[0]):
        return [OURS.sub(r"# \1", line) for line in lines]
    rest = next((at for at, line in enumerate(lines) if at and not line.isspace()), len(lines))
    return [f"# {lines[0]}", *lines[1:rest], *_body(lines[rest:])]


def _body(lines: list[str]) -> list[str]:
    """What stands below a mark: IPython looks for a cell magic in the first line only, so it is translated here."""
    from IPython.core.inputtransformer2 import cell_magic

    if lines and lines[0].startswith("%%"):
        translated: list[str] = cell_magic(lines)  # type: ignore[no-untyped-call]
        return translated
    return [OURS.sub(r"# \1", line) for line in lines]


class _Running:
    session: Session | None = None


def start(plan_path: str) -> None:
    """Begin to observe this kernel's notebook."""
    from IPython import get_ipython

    plan = pickle.loads(Path(plan_path).read_bytes())
    _Running.session = Session(get_ipython(), plan)
    _Running.session.attach()


async def finish() -> None:
    """Replay the samples, and write down all that was seen."""
    if _Running.session is not None:
        await _Running.session.finish()


def border(side: str, name: str) -> None:
    """A call of a decorated step is about to begin, or has ended."""
    session = _Running.session
    if session is None:
        return
    step = session.plan.graph.step(name)
    (session.before if side == "before" else session.after)(step)


def recording() -> bool:
    """Whether this process is a kernel in which `nbprod record` runs a notebook."""
    return _Running.session is not None
