"""Running what is stale, in the order of the graph, side by side where it allows."""

from __future__ import annotations

import os
import queue
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.errors import NbprodError
from nbprod.repro import aside, gitignoring, lockfile, locking, preloading, runcache, shell, storing, working
from nbprod.repro.deciding import decided
from nbprod.repro.guardian import Guardian
from nbprod.repro.ledger import Ledger
from nbprod.repro.leftovers import aside_folder
from nbprod.repro.outcomes import Ending, Outcome
from nbprod.repro.processes import Running
from nbprod.repro.turns import Turns
from nbprod.repro.unsupported import LeftToDvc
from nbprod.repro.working import Done, Failed, Job, Spoilt

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbprod.adapters.forkserver import Child
    from nbprod.repro.aside import Aside
    from nbprod.repro.deciding import Decision
    from nbprod.repro.outcomes import Listener, Options
    from nbprod.repro.processes import Ended
    from nbprod.repro.repository import Repository
    from nbprod.repro.stages import Stage

PAUSE = 0.1  # seconds between two writes of dvc.lock: what ended in between is in the run cache already
GRACE = 5.0  # seconds that processes have to end after Ctrl-C


@dataclass(frozen=True, slots=True)
class Worked:
    """What a worker hands back: the stage, why it ran, and how that ended."""

    stage: Stage
    decision: Decision
    result: Done | Failed | Spoilt | BaseException


class Scheduler:
    """One run of a plan's stages. It holds the repository's lock but for while it waits."""

    def __init__(
        self, repository: Repository, stages: tuple[Stage, ...], options: Options, listener: Listener,
        locks: locking.Locks, forks: Callable[[str], Callable[..., Child]], sources: Callable[[Stage], int],
    ) -> None:  # fmt: skip
        self.repository = repository
        self.options = options
        self.listener = listener
        self.forks = forks
        self.sources = sources
        self.ledger = Ledger(repository)
        self.runs = runcache.RunCache(repository.settings.cache, repository.memory)
        self.locks = locks
        self.hidden = gitignoring.asked(
            [out.full for stage in stages for out in stage.outs if out.cache],
            [path for file in repository.locks for path in (file, lockfile.lock_path(file))],
            repository.settings.git,
        )
        self.turns = Turns(repository.graph, stages)
        self.ended: dict[str, Ending] = {}
        self.outcomes: list[Outcome] = []
        self.running: dict[str, Running | None] = {}
        self.results: queue.SimpleQueue[Worked] = queue.SimpleQueue()
        self.touched: list[str] = []
        self.written: dict[str, None] = {}
        self.stopping = False
        self.left: LeftToDvc | None = None
        self.begun = 0
        self.flushed = 0.0
        self.asides: list[Aside] = []
        storing.plain_mode()
        self.workers = ThreadPoolExecutor(options.jobs)
        self.guardian = Guardian()

    def run(self) -> tuple[Outcome, ...]:
        """Run all, and return how each ended, in the order in which they did.

        Raises:
            RepositoryBusy: Another process holds the lock, or a path that a stage reads or writes.
            WriteFailed: The disk or its permissions refused dvc.lock.
            LeftToDvc: A stage has made what nbprod doesn't do; what ran beside it has ended, and is written down.
            KeyboardInterrupt: After Ctrl-C; what was complete by then is written down.
        """
        with self.guardian, self.workers:
            try:
                while self._begin() or self.running:
                    self._wait()
            except BaseException:
                self._stop()
                raise
            finally:
                self._flush()
        with suppress(OSError):
            os.rmdir(aside_folder(self.repository.root))
        if self.left:
            raise self.left
        return tuple(self.outcomes)

    def _begin(self) -> bool:
        """Begin what can begin; whether something ended at once, so that more may have become ready."""
        ended = False
        while len(self.running) < self.options.jobs and not self.stopping and (stage := self.turns.next()):
            ended = self._dispatch(stage) or ended
        return ended and not self.running

    def _dispatch(self, stage: Stage) -> bool:
        if any(self.ended[key] in {"failed", "skipped"} for key in self.turns.above[stage.key]):
            return self._end(stage, "skipped")
        self.repository.parameters.forget()
        try:
            return self._decide(stage)
        except LeftToDvc as left:
            return self._leave(left)
        except NbprodError as error:
            return self._fail(stage, Failed(error.message, 0.0, hint=error.hint))

    def _decide(self, stage: Stage) -> bool:
        force = self.options.force and not stage.source
        decision = decided(stage, self.ledger.entry(stage), self.repository, self.runs, force=force)
        if not decision.reasons:
            return self._end(stage, "fresh")
        if stage.source:
            return self._track(stage, decision)
        if makers := self._making(decision.lacking):
            self.turns.wait(stage, makers)
        else:
            self.locks.claim(stage.reads, [out.full for out in stage.outs])
            self._work(stage, decision)
        return False

    def _making(self, lacking: frozenset[str]) -> list[str]:
        """The running stages that may put back what the cache has lost: it was among what they made the last time."""
        return [key for key in self.running if lacking and lacking & self.ledger.made(self.turns.stage(key))]

    def _work(self, stage: Stage, decision: Decision) -> None:
        running: Running | None = None
        if not stage.frozen and decision.earlier is None:
            running = self._processes(stage)
        self.begun += 1
        place = (aside_folder(self.repository.root), aside.named(self.begun))
        job = Job(stage, place, self._runner(stage, running) if running else None, decision.earlier)
        self.running[stage.key] = running
        self.workers.submit(self._worked, job, decision)

    def _processes(self, stage: Stage) -> Running:
        name = self.repository.address(stage)
        environment = shell.environment(stage, self.repository)
        grouped = self.options.captured or not os.isatty(0)
        return Running(name, stage.wdir, environment, self.listener, self.options.captured, self.guardian, grouped)

    def _runner(self, stage: Stage, running: Running) -> Callable[[], Ended]:
        target = shell.own_step(stage, running.environment.get("PATH", ""))
        if target:
            return lambda: self._learned(target, running.step(target, self.forks(target)))
        return lambda: running.shell(stage.commands)

    def _learned(self, target: str, ended: Ended) -> Ended:
        """Remember what a step had to import, for the next run."""
        preloading.learn(target, ended.imported, self.repository.memory)
        return ended

    def _worked(self, job: Job, decision: Decision) -> None:
        result: Done | Failed | Spoilt | BaseException
        try:
            result = working.done(job, self.repository)
        except BaseException as error:  # noqa: BLE001  (a thread's errors are its starter's to raise)
            result = error
        self.results.put(Worked(job.stage, decision, result))

    def _wait(self) -> None:
        """Let others in until a stage ends, then write down all that have ended."""
        if not self.running:
            return
        ended = self._next(PAUSE if self.asides else None)
        if not ended:
            self._flush()
            ended = self._next(None)
        for each in ended:
            self._take(each)
        if time.monotonic() - self.flushed > PAUSE:
            self._flush()

    def _next(self, patience: float | None) -> list[Worked]:
        """Return what has ended, none if nothing does within that time."""
        ended: list[Worked] = []
        self.locks.repository.release()
        try:
            with suppress(queue.Empty):
                ended.append(self.results.get(timeout=patience))
        finally:
            self.locks.repository.acquire(locking.LONG_PATIENCE)
        while not self.results.empty():
            ended.append(self.results.get())
        return ended

    def _take(self, worked: Worked) -> None:
        stage = worked.stage
        self._let_go(stage)
        if isinstance(worked.result, LeftToDvc):
            self._leave(worked.result)
            return
        if isinstance(worked.result, BaseException):
            raise worked.result
        if isinstance(worked.result, Spoilt):
            self.listener.line(
                self.repository.address(stage), f"the cache's {worked.result.path} was spoilt: made anew"
            )
            if not self.stopping:
                self._dispatch(stage)
            return
        if isinstance(worked.result, Failed):
            self._fail(stage, worked.result, worked.decision)
            return
        try:
            self._write_down(stage, worked.result)
        except NbprodError as error:
            worked.result.aside.put_back()
            self._fail(stage, Failed(error.message, worked.result.seconds, hint=error.hint), worked.decision)
            return
        ending: Ending = "checked" if stage.frozen else ("cached" if worked.decision.earlier else "ran")
        self._end(stage, ending, worked.decision, worked.result)

    def _flush(self) -> None:
        """Write the locks; what was made before is needed no more."""
        self.written |= dict.fromkeys(self.ledger.flush())
        self.flushed = time.monotonic()
        for each in self.asides:
            each.forget()
        self.asides.clear()

    def _let_go(self, stage: Stage) -> None:
        self.running.pop(stage.key)
        self.locks.disclaim(stage.reads, [out.full for out in stage.outs])

    def _write_down(self, stage: Stage, done: Done) -> None:
        self.touched += self.hidden.hide([out.full for out in stage.outs if out.cache])
        if runcache.remembers(stage, done.entry.get("params", {})) and runcache.saves(stage):
            self.runs.save(done.entry)
        self.ledger.add(stage, done.entry)
        self.asides.append(done.aside)

    def _track(self, stage: Stage, decision: Decision) -> bool:
        """A source that has changed: DVC takes it in by itself."""
        self.locks.repository.release()
        try:
            code = self.sources(stage)
        finally:
            self.locks.repository.acquire(locking.LONG_PATIENCE)
        if code:
            return self._fail(stage, Failed(f"`dvc repro` of it exited with {code}", 0.0), decision)
        return self._end(stage, "checked", decision)

    def _leave(self, left: LeftToDvc) -> bool:
        """Begin nothing more: the stage and all that has not run is DVC's."""
        self.left = self.left or left
        self.stopping = True
        return False

    def _fail(self, stage: Stage, failed: Failed, decision: Decision | None = None) -> bool:
        text = f"{failed.message}. {failed.hint}" if failed.hint else failed.message
        self.stopping = self.stopping or not self.options.keep_going
        return self._end(stage, "failed", decision, failed, text)

    def _end(
        self, stage: Stage, ending: Ending, decision: Decision | None = None, result: Done | Failed | None = None,
        message: str = "",
    ) -> bool:  # fmt: skip
        self.ended[stage.key] = ending
        self.turns.ended(stage)
        outcome = Outcome(
            self.repository.address(stage), ending, decision.reasons if decision else (),
            result.seconds if result else 0.0, result.peak if result else 0, message,
            result.log if isinstance(result, Failed) else (),
        )  # fmt: skip
        self.outcomes.append(outcome)
        self.listener.ended(outcome)
        return True

    def _stop(self) -> None:
        """Stop what runs: politely, then not; each puts its previous outputs back."""
        self.stopping = True
        for number in (signal.SIGINT, signal.SIGKILL):
            for running in self.running.values():
                if running:
                    running.stop(number)
            try:
                while self.running:
                    worked = self.results.get(timeout=GRACE)
                    self._let_go(worked.stage)
                    if isinstance(worked.result, Done):
                        self._write_down(worked.stage, worked.result)
            except queue.Empty:
                continue
