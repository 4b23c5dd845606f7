"""Observes the steps of a running notebook, in its own process: in a live kernel, or in the one of `nbprod record`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nbprod.model.record import StepSeen
from nbprod.record import audit
from nbprod.record.borders import Border
from nbprod.record.files import mentioned, note_programs, read_and_written, signatures
from nbprod.record.memory import Peak
from nbprod.record.modules import module_files
from nbprod.record.randomness import Draws
from nbprod.values import groups, holds_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from nbprod.model.graph import Graph, Step
    from nbprod.model.record import ValueSeen


@dataclass(slots=True)
class Watch:
    """One step that is being observed: what was there before it, and what its cells have done so far."""

    step: Step
    inputs: tuple[ValueSeen, ...]
    prints: Mapping[str, str]
    named: Mapping[str, audit.Signature]
    accesses: audit.Accesses = field(default_factory=audit.Accesses)
    peak: Peak = field(default_factory=Peak)
    seconds: float = 0.0
    resumed: float = 0.0


class Observer:
    """Sees what each step reads, makes, changes, opens and draws.

    `namespace` is the notebook's (`shell.user_ns`), `root` the project's folder, to which files are relative. Call
    `before` when a step's first cell starts and `after` when its last one ends; where other cells run in between,
    `pause` and `resume`. `keep` proves how an output is stored: it gets the step, the names with their values
    and whether they are stored together, and gives their formats (see `proof.Proof`); without it formats stay "".
    `states` is the folder of the random states at which steps begin whose draws nothing seeds (see `Draws`).
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        graph: Graph,
        root: Path,
        *,
        keep: Callable[[Step, Mapping[str, Any], Iterable[tuple[str, ...]]], Mapping[str, tuple[str, str]]]
        | None = None,
        states: Path | None = None,
    ) -> None:
        self.graph = graph
        self.border = Border(namespace, lambda: self.graph)
        self.draws = Draws(states)
        self._root = root
        self._keep = keep
        self._open: dict[str, Watch] = {}

    def attach(self) -> None:
        """Watch who seeds the global random states: in a fresh kernel, so that `unseeded` can be told."""
        self.draws.attach()

    def detach(self) -> None:
        """Leave nothing behind in the process but the sleeping audit hook."""
        audit.listen(None)
        for watch in self._open.values():
            watch.peak.pause()
        self._open.clear()
        self.draws.detach()

    def is_open(self, step: Step) -> bool:
        """Whether `before` was called for that step and `after` not yet."""
        return step.name in self._open

    def before(self, step: Step) -> None:
        """The step starts: look at its inputs and at all that it might change."""
        self.draws.take()
        names = self._in_reach(step)
        prints = self.border.prints(names)
        self._open[step.name] = Watch(step, self.border.describe(step.input_names), prints, self._named(step))
        self.draws.begin(step.name)
        self.resume(step)

    def resume(self, step: Step) -> None:
        """A cell of the step starts."""
        watch = self._open[step.name]
        self.border.moved()
        self.draws.proceed(step.name)
        self.draws.resume()
        watch.peak.resume()
        watch.accesses.since = audit.files_clock()
        audit.listen(watch.accesses)
        watch.resumed = time.perf_counter()

    def pause(self, step: Step) -> None:
        """A cell of the step ended."""
        watch = self._open[step.name]
        if watch.resumed:
            watch.seconds += time.perf_counter() - watch.resumed
            watch.resumed = 0.0
        audit.listen(None)
        note_programs(watch.accesses, self._root)
        watch.peak.pause()
        self.draws.pause()
        self.draws.leave(step.name)

    def drop(self, step: Step) -> None:
        """A cell of the step raised: it made nothing that can be said something of."""
        if step.name in self._open:
            self.pause(step)
            del self._open[step.name]

    def after(self, step: Step) -> StepSeen:
        """The step ended: what it made, changed, opened and drew."""
        self.pause(step)
        watch = self._open.pop(step.name)
        together = groups(self.border.values(step.outputs))
        outputs = self._stored(step, together)
        now = self.border.prints(watch.prints)
        changed = tuple(sorted(name for name, digest in now.items() if digest != watch.prints[name]))
        drawn, unseeded = self.draws.take()
        self.draws.end(step.name, unseeded)
        now_named = mentioned(step, self.border.value)
        read, written = read_and_written(watch.accesses, watch.named, now_named, self._root)
        return StepSeen(
            step=step.name,
            code_id=step.code_id,
            inputs=watch.inputs,
            outputs=outputs,
            changed=changed,
            together=together,
            files_read=tuple(sorted({*read, *module_files(step, self.border.value, self._root)})),
            files_written=written,
            sockets=watch.accesses.sockets(),
            draws=drawn,
            unseeded=unseeded,
            seconds=round(watch.seconds, 6),
            peak_memory=watch.peak.bytes,
        )

    def _in_reach(self, step: Step) -> tuple[str, ...]:
        """The step's inputs, and what other steps have made for somebody: it may change those through an alias."""
        crossing = [edge.name for edge in self.graph.edges]
        return tuple(dict.fromkeys([*step.input_names, *crossing]))

    def _named(self, step: Step) -> dict[str, audit.Signature]:
        return signatures(mentioned(step, self.border.value))

    def _stored(self, step: Step, together: tuple[tuple[str, ...], ...]) -> tuple[ValueSeen, ...]:
        described = self.border.describe(step.outputs)
        if self._keep is None:
            return described
        formats = self._keep(step, self.border.values(step.outputs), together)
        pairs = ((each, *formats.get(each.name, ("", ""))) for each in described)
        stored = tuple(
            replace(each, format=form, unstorable=why, code=self._is_code(each.name, form)) for each, form, why in pairs
        )
        self.border.learn(stored)
        return stored

    def _is_code(self, name: str, form: str) -> bool:
        return form == "cloudpickle" and holds_code(self.border.value(name))
