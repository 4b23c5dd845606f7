"""A whole run: locks taken, what was left behind put back, stages run, git told."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING

from nbprod.repro import finding, locking, pulling, settings
from nbprod.repro.leftovers import recovered
from nbprod.repro.outcomes import Nobody, Options, Outcome
from nbprod.repro.planning import foreseen, plan
from nbprod.repro.repository import opened
from nbprod.repro.unsupported import LeftToDvc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbprod.adapters.forkserver import Child, ForkServer
    from nbprod.repro.outcomes import Listener
    from nbprod.repro.preloading import Preload
    from nbprod.repro.repository import Repository
    from nbprod.repro.scheduling import Scheduler
    from nbprod.repro.stages import Stage


@dataclass(frozen=True, slots=True)
class Run:
    """How the stages of a run ended, and which files of it git should know of."""

    outcomes: tuple[Outcome, ...]
    changed: tuple[str, ...] = ()
    recovered: tuple[str, ...] = ()


def run(
    folder: str, targets: Sequence[str], options: Options | None = None, *, pull: bool, listener: Listener | None
) -> Run:
    """Run what is stale; see nbprod.project.reproducing.reproduce."""
    root = finding.root_of(folder)
    configured = settings.read(root)
    locks = locking.Locks(root, hardlink=configured.hardlink_lock)
    if pull:
        pulling.pull(folder, targets)
    with ExitStack() as stack:
        locks.repository.acquire()
        stack.callback(locks.repository.release)
        repository = opened(folder, configured)
        stack.callback(repository.memory.save)
        return _run(repository, targets, options, locks, listener or Nobody(), stack)


def _run(
    repository: Repository, targets: Sequence[str], options: Options | None, locks: locking.Locks, listener: Listener,
    stack: ExitStack,
) -> Run:  # fmt: skip
    back = recovered(repository)
    verdicts = plan(repository, targets)
    stages = tuple(each.stage for each in verdicts)
    listener.planned([repository.address(stage) for stage in stages])
    if all(each.state == "fresh" for each in verdicts) and not (options and options.force):
        return Run(tuple(Outcome(repository.address(stage), "fresh") for stage in stages), (), tuple(back))
    from nbprod.repro.scheduling import Scheduler

    may_run = [each.stage for each in verdicts if each.state != "fresh" or (options and options.force)]
    foreseen(may_run, repository)
    options = options or Options()
    forks = _forks(repository, may_run, stack, several=options.jobs > 1)
    scheduler = Scheduler(repository, stages, options, listener, locks, forks, _source)
    try:
        outcomes = scheduler.run()
    except LeftToDvc as left:
        left.rest = tuple(repository.address(each) for each in may_run if each.key not in scheduler.ended)
        raise
    finally:
        changed = _told(repository, scheduler)
    return Run(outcomes, tuple(changed), tuple(back))


def _forks(
    repository: Repository, stages: Sequence[Stage], stack: ExitStack, *, several: bool
) -> Callable[[str], Callable[..., Child]]:
    """Return what tells how a step's process is forked; what all are forked from begins with the first of them."""

    @cache
    def begun() -> tuple[ForkServer, Preload]:
        from nbprod.adapters.forkserver import ForkServer
        from nbprod.adapters.openmp import side_by_side
        from nbprod.repro import preloading, shell

        targets = [shell.own_step(stage, os.environ.get("PATH", "")) for stage in stages]
        found = preloading.preload(repository.root, list(filter(None, targets)), repository.memory)
        first = found.first if found.rest else ()
        environment = side_by_side(os.environ) if several else None
        server = ForkServer(found.rest or found.first, first=first, environment=environment)
        return stack.enter_context(server), found

    beginning = Lock()

    def fork(target: str) -> Callable[..., Child]:
        with beginning:
            server, found = begun()
        return partial(server.start, early=target in found.light)

    return fork


def _source(stage: Stage) -> int:
    from nbprod.adapters import dvc

    return dvc.run(["repro", "--single-item", "--quiet", os.path.basename(stage.file)], os.path.dirname(stage.file))


def _told(repository: Repository, scheduler: Scheduler) -> list[str]:
    """Settle the locks on the disk; give git what has changed if DVC is set to, and return it."""
    changed = list(dict.fromkeys([*scheduler.written, *scheduler.touched]))
    for path in scheduler.written:
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
    if repository.settings.autostage and repository.settings.git:
        from nbprod.repro import gitignoring

        gitignoring.stage(changed, repository.settings.git)
        return []
    return [os.path.relpath(path, repository.folder) for path in changed]
