"""Unique work once: before a cell runs, what it would make is looked up; after it ran, what it made is kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128_hexdigest

from nbprod.cache import Lost, Store
from nbprod.model.graph import RANDOM_STATES
from nbprod.record import randomness
from nbprod.record.restoring import keeping
from nbprod.record.restoring.definitions import looked_up, read_when_run
from nbprod.record.restoring.fates import Fate, Running
from nbprod.record.restoring.keeping import Unkeepable
from nbprod.record.restoring.keys import Keys, state_digest
from nbprod.record.restoring.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping, Sequence
    from mmap import mmap

    from nbprod.cache import Entry
    from nbprod.cache.locks import Lock
    from nbprod.record.restoring.plan import CellPlan, Plan

RESTORED = "restored"
AT_ONCE = 16_000_000  # bytes of an entry that is looked through at once: that takes a millisecond or two


class Restorer:
    """One run of a notebook. `restore` before each cell, `ran` after each that was not restored, `close` at the end.

    `fates` say what became of each cell, `notes` what there is to say of the store. `accepts` may refuse an entry that
    has not all that its caller needs; `waits` is told before a cell waits for what another process computes.
    """

    def __init__(
        self,
        plan: Plan,
        namespace: MutableMapping[str, Any],
        accepts: Callable[[Entry], bool] = lambda _: True,
        waits: Callable[[], None] = lambda: None,
    ) -> None:
        self.plan = plan
        self._accepts = accepts
        self._waits = waits
        self.store = Store(plan.folder, plan.limit, plan.beyond)
        self.names = Names(namespace, self.store.read)
        self.fates: dict[int, Fate] = {}
        self._draws = randomness.Draws()
        self._draws.attach()
        self._keys = Keys(plan, self.names)
        self._running: Running | None = None
        self._began = 0.0
        self._seconds: float | None = 0.0  # of the cell that ended, until `ran` is told of it
        self._why = ""
        self._reach: frozenset[str] = frozenset()

    @property
    def notes(self) -> list[str]:
        """What there is to say of the store."""
        return self.store.notes

    def restore(self, cell: int) -> list[dict[str, Any]] | None:
        """Return what the cell displayed when it ran, with its names bound to what it made; None: run it.

        Raises:
            Lost: a value that this run relied on is damaged or gone, and will be made anew: run the notebook again.
        """
        self._let_go()
        planned = self.plan.cells.get(cell)
        if planned is None or planned.never or self.store.broken:
            why = planned.never if planned is not None else "is none of the notebook's"
            self._prepare(planned, why or "the cache can't be used")
            return None
        return self._looked_up(planned)

    def goes_on(self, plan: Plan) -> None:
        """Go on with another plan: cells ran of which nobody told."""
        self.plan = plan
        self._keys.goes_on(plan)
        self.names.touch_all()

    def stop(self) -> None:
        """The running cell ended: what follows, until `ran`, is not its doing."""
        if self._seconds is None:
            self._seconds = time.perf_counter() - self._began
            if self._running is not None:
                self._running.watch.end()
                self._draws.pause()

    def ran(
        self, cell: int, outputs: list[dict[str, Any]], *, failed: bool, more: Mapping[str, Any] | None = None
    ) -> None:
        """The cell ran: keep what it made, if it may be kept, and `more`, for the fate of whoever is given it again."""
        self.stop()
        seconds, self._seconds = self._seconds or 0.0, None
        running, self._running = self._running, None
        planned = self.plan.cells.get(cell)
        why = self._why
        kept = False
        self._keys.moved()
        self._moved(planned)
        if running is not None:
            try:
                kept = not failed and seconds >= self.plan.least and self._keep(running, outputs, seconds, more or {})
            except Unkeepable as error:
                why = str(error)
                self._never(running, why)
            finally:
                self._free(running.lock)
            self._draws.take()
        self.fates[cell] = Fate(
            cell, restored=False, why=why, key=running.key if running else "", seconds=seconds, kept=kept
        )

    def value(self, name: str) -> Any:
        """What a name of the notebook stands for; KeyError if nothing has bound it."""
        self.names.load([name])
        return self.names.namespace[name]

    def bind(self) -> None:
        """Bind everything that was restored."""
        self.names.load_all()

    def close(self) -> None:
        """Leave nothing behind in the process but a sleeping audit hook."""
        self._let_go()
        self._draws.detach()

    def _looked_up(self, cell: CellPlan) -> list[dict[str, Any]] | None:
        if self._known_never(cell):
            return None
        found = self._keys.key(cell)
        if not found.key:
            self._prepare(cell, found.why)
            return None
        key = found.key
        entry, lock = self._found(cell, key)
        wholes = self._mapped(entry)
        if entry is not None and wholes is not None:
            return self._restored(cell, key, entry, wholes)
        try:
            self._prepare(cell, "fresh was asked for" if cell.fresh else "first time")
        except Lost:
            self._free(lock)
            raise
        self._running = Running(cell, key, self._why, keeping.before(self.names, found.prints), lock=lock)
        self._running.random = {each: state_digest(each) for each in RANDOM_STATES.values()}
        self._running.watch.begin(opens=cell.opens)
        self._draws.resume()
        self._began, self._seconds = time.perf_counter(), None
        return None

    def _found(self, cell: CellPlan, key: str) -> tuple[Entry | None, Lock | None]:
        """The entry that holds, or the lock under which the cell is to run; whoever waited in vain runs without it."""
        if cell.fresh:
            return None, None
        entry = self._holding(key, cell, far=True)
        if entry is not None:
            return entry, None
        lock = self.store.lock(key, wait=False)
        if lock is not None:
            return self._holding(key, cell), lock
        self._waits()
        self._free(self.store.lock(key, wait=True))
        return self._holding(key, cell), None

    def _holding(self, key: str, cell: CellPlan, *, far: bool = False) -> Entry | None:
        """The first entry that has all that is needed now, and of which everything holds that was observed then."""
        found = (each for each in self.store.find(key, far=far) if cell.live.isdisjoint(each.facts["gone"]))
        return next((each for each in found if self._keys.holds(each.facts["observed"]) and self._accepts(each)), None)

    def _mapped(self, entry: Entry | None) -> list[mmap] | None:
        """The values of an entry; None where one has gone away meanwhile."""
        if entry is None:
            return None
        try:
            wholes = self.store.mapped(entry)
            for at, whole in enumerate(wholes) if self.plan.eager or entry.size <= AT_ONCE else ():
                self.store.read(entry, at, whole)
        except Lost:
            return None
        return wholes

    def _restored(self, cell: CellPlan, key: str, entry: Entry, wholes: Sequence[mmap]) -> list[dict[str, Any]]:
        if cell.preamble:
            self._run_preamble(cell)
        self.names.forget(entry.facts["gone"])
        for held in keeping.held(entry, wholes, self.names.namespace):
            self.names.hold(held)
        keeping.put_states(entry.facts["random"])
        self._draws.seeded.update(entry.facts["random"])
        self.store.used(entry)
        seconds = entry.facts["seconds"]
        self.fates[cell.index] = Fate(
            cell.index, restored=True, why=RESTORED, key=key, seconds=seconds, kept=True, more=entry.facts["more"]
        )
        return list(entry.facts["outputs"])

    def _run_preamble(self, cell: CellPlan) -> None:
        """Import and define what the cell does, under the file name that IPython would give it."""
        self.names.load(looked_up(read_when_run(cell.preamble), self.names.values()))
        shell = self.names.namespace.get("get_ipython", lambda: None)()
        name = shell.compile.cache(cell.preamble, shell.execution_count) if shell else f"<cell {cell.index}>"
        code = compile(cell.preamble, name, "exec", shell.compile.flags if shell else 0, dont_inherit=True)
        exec(code, self.names.namespace)  # type: ignore[arg-type]  # noqa: S102  (the notebook's own code)
        self.names.touch(cell.defines)

    def _prepare(self, cell: CellPlan | None, why: str) -> None:
        """Bind what the cell may read, for it is going to run."""
        self._why = why
        if cell is None or cell.everything:
            self.names.load_all()
            self.names.touch_all()
        else:
            self._reach = looked_up(cell.reads, self.names.values())
            self.names.load(self._reach)
            self.names.touch(self._reach)
        self._began, self._seconds = time.perf_counter(), None

    def _moved(self, cell: CellPlan | None) -> None:
        """The cell may have changed what it could reach."""
        self.names.bound()
        if cell is None or cell.everything:
            self.names.touch_all()
        else:
            self.names.touch({*self._reach, *cell.writes})

    def _keep(self, running: Running, outputs: list[dict[str, Any]], seconds: float, more: Mapping[str, Any]) -> bool:
        cell, watch = running.cell, running.watch
        inherited = self._checked_draws(cell)
        problem = watch.problem or ("" if cell.trusted else watch.soft)
        if problem:
            raise Unkeepable(problem)
        keeping.check_outputs(outputs)
        changed = keeping.written(self.names, cell, running.before)
        self.names.touch(changed)
        later = [each.live | each.reads for each in self.plan.cells.values() if each.index > cell.index]
        made = keeping.made(self.names, cell, running.before, changed, later)
        for path in self._keys.modules.files().values() if cell.preamble else ():
            watch.also(path)
        moved = {each for each, digest in running.random.items() if digest and state_digest(each) != digest}
        observed = {
            **watch.observed(),
            "random": {each: running.random[each] for each in inherited},
            "definitions": {each: self._keys.definition(each) for each in sorted(made.definitions)},
        }
        facts = {
            "notebook": self.plan.notebook,
            "cell": cell.index,
            "step": cell.step,
            "seconds": seconds,
            "made": time.time(),
            "observed": observed,
            "groups": made.groups,
            "gone": made.gone,
            "random": keeping.states(moved & self._draws.seeded),
            "outputs": outputs,
            "more": more,
        }
        return self.store.keep(running.key, facts, made.values, far=True) is not None

    def _checked_draws(self, cell: CellPlan) -> list[str]:
        """The global random states that the cell went on with."""
        inherited = sorted(self._draws.inherited)
        unseeded = [each for each in inherited if each in self._draws.unseeded]
        if unseeded and not cell.trusted:
            raise Unkeepable(f"draws from {unseeded[0]}'s global random state, which nobody has seeded")
        return [each for each in inherited if each not in unseeded]

    def _never(self, running: Running, why: str) -> None:
        """Remember that the cell's work can't be kept, so that the next run does not look."""
        self.store.keep(self._never_key(running.cell), {"why": why, "observed": {}}, [])

    def _known_never(self, cell: CellPlan) -> bool:
        found = next(self.store.find(self._never_key(cell)), None)
        if found is None:
            return False
        self._prepare(cell, str(found.facts["why"]))
        return True

    def _never_key(self, cell: CellPlan) -> str:
        return xxh3_128_hexdigest(
            f"never {self.plan.base} {self.plan.text} {cell.index} {cell.code} {cell.trusted}".encode()
        )

    def _let_go(self) -> None:
        """A cell was begun and never ended: it was interrupted, and nothing of it is kept."""
        self.stop()
        self._seconds = None
        running, self._running = self._running, None
        if running is not None:
            self._draws.take()
            self._moved(running.cell)
            self._free(running.lock)

    def _free(self, lock: Lock | None) -> None:
        if lock is not None:
            lock.release()
