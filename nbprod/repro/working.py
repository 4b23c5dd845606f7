"""One stage, from stale to done: its outputs made or taken from the cache, taken in, or put back as they were."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbprod.errors import NbprodError, ProjectBroken, StageFailed
from nbprod.repro import aside, entries, runcache, storing
from nbprod.repro.processes import Ended

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbprod.repro.aside import Aside
    from nbprod.repro.digests import Content
    from nbprod.repro.entries import Entry
    from nbprod.repro.repository import Repository
    from nbprod.repro.stages import Out, Stage


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done for a stage: `run` its processes, or without one take its outputs as they are.

    `earlier` is a run with the same inputs, whose outputs are all in the cache; `aside` says in which folder, and under
    which name, the previous outputs wait.
    """

    stage: Stage
    aside: tuple[str, str]
    run: Callable[[], Ended] | None = None
    earlier: Entry | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A stage that ended well, to be written down."""

    entry: Entry
    aside: Aside
    seconds: float
    peak: int = 0
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A stage that ended badly; its previous outputs stand again."""

    message: str
    seconds: float
    peak: int = 0
    log: tuple[str, ...] = ()
    hint: str = field(default="")


@dataclass(frozen=True, slots=True)
class Spoilt:
    """The cache held something else under the output's name, and no longer does; previous outputs stand again."""

    path: str


class _SpoiltError(Exception):
    """What is under that path came from a file of the cache that holds something else than its name says."""


def done(job: Job, repository: Repository) -> Done | Failed | Spoilt:
    """Do the job: nothing of what it leaves behind is a half."""
    began = time.perf_counter()
    kept = aside.moved(_replaced(job), *job.aside)
    ended = Ended(0)
    try:
        for path in _persisting(job):
            storing.unprotect(path)
        ended = _made(job, repository)
        _check(ended)
        entry = _taken_in(job.stage, repository, job.earlier)
    except _SpoiltError as error:
        kept.put_back()
        return Spoilt(str(error))
    except NbprodError as error:
        kept.put_back()
        return Failed(error.message, time.perf_counter() - began, ended.peak, ended.log, error.hint)
    except OSError as error:
        kept.put_back()
        return Failed(f"the system refused {error.filename or ''}: {error.strerror}", time.perf_counter() - began)
    except BaseException:
        kept.put_back()
        raise
    return Done(entry, kept, time.perf_counter() - began, ended.peak, ended.log)


def _replaced(job: Job) -> list[str]:
    """The outputs that a run makes anew; what persists stays where it is."""
    if job.run is None and job.earlier is None:
        return []
    return [out.full for out in job.stage.outs if not out.persist]


def _persisting(job: Job) -> list[str]:
    """The cached outputs that the command is to find as its last run left them."""
    return [out.full for out in job.stage.outs if job.run and out.persist and out.cache]


def _made(job: Job, repository: Repository) -> Ended:
    if job.earlier is not None:
        known = {each["path"]: each for each in job.earlier["outs"]}
        for out in job.stage.outs:
            found = known[out.path]
            executable = bool(found.get("isexec"))
            storing.take(found["md5"], out.full, repository.objects, repository.settings.links, executable=executable)
    return job.run() if job.run and job.earlier is None else Ended(0)


def _prove(earlier: Entry, stage: Stage, contents: Mapping[str, Content], repository: Repository) -> None:
    """Compare what came from the cache with the name that it has there."""
    known = {each["path"]: each["md5"] for each in earlier["outs"]}
    for out in stage.outs:
        if contents[out.full].md5 != known[out.path] and repository.objects.discard_spoilt(known[out.path]):
            raise _SpoiltError(out.path)


def _check(ended: Ended) -> None:
    if ended.code:
        how = f"was ended by signal {-ended.code}" if ended.code < 0 else f"exited with {ended.code}"
        raise StageFailed(f"`{ended.command}` {how}")


def _taken_in(stage: Stage, repository: Repository, earlier: Entry | None) -> Entry:
    """Look at all that the stage read and made, keep the outputs in the cache, and return what is to be written."""
    contents: dict[str, Content] = {dep.full: _found(dep.full, "dep", repository) for dep in stage.deps}
    for out in stage.outs:
        if out.cache and os.path.exists(out.full):
            storing.settle(out.full)
        contents[out.full] = _output(out, repository)
    if earlier:
        _prove(earlier, stage, contents, repository)
    params = values(stage, repository)
    entry = entries.entry(stage, contents, params)
    remembered = runcache.remembers(stage, params) and runcache.saves(stage)
    for out in stage.outs:
        if out.cache or remembered:
            storing.keep(
                out.full, contents[out.full], repository.objects, repository.digests, repository.settings.links
            )
    return entry


def values(stage: Stage, repository: Repository) -> dict[str, dict[str, Any]]:
    """Return the values of the stage's parameters, by the path of their file.

    Raises:
        ProjectBroken: One is missing, or a date, from which DVC makes no checksum.
    """
    found = {}
    for params in stage.params:
        actual = repository.parameters.values(params)
        missing = [key for key in params.keys if key not in (actual or {})]
        if actual is None or missing:
            what = f"has no {', '.join(missing)}" if missing and actual is not None else "is missing"
            raise ProjectBroken(f"{params.path} {what}", hint="Add it, or take it out of the stage's params")
        found[params.path] = actual
    _known_to_json(found)
    return found


def _known_to_json(values: dict[str, dict[str, Any]]) -> None:
    for path, actual in values.items():
        for key, value in actual.items():
            try:
                json.dumps({key: value}, sort_keys=True)
            except TypeError as error:
                raise ProjectBroken(
                    f"{path}: DVC makes no checksum from {key}: {value}", hint="Write it as text, in quotes"
                ) from error


def _found(path: str, what: str, repository: Repository) -> Content:
    content = repository.digests.of(path)
    if content is None:
        shown = os.path.relpath(path, repository.root)
        raise ProjectBroken(f"the {what} {shown} is missing", hint="Make it, or take it out of the stage in dvc.yaml")
    return content


def _output(out: Out, repository: Repository) -> Content:
    if not repository.digests.ignores.sees_path(out.full):
        raise ProjectBroken(f"the output {out.path} is missing for DVC: .dvcignore names it")
    content = _found(out.full, "output", repository)
    if out.role == "metric" and not content.folder and not _is_text(out.full):
        raise ProjectBroken(f"the metrics file {out.path} is no text", hint="Write it as JSON, YAML or TOML")
    return content


def _is_text(path: str) -> bool:
    with open(path, "rb") as file:
        start = file.read(512)
    if b"\0" in start:
        return False
    try:
        start.decode()
    except UnicodeDecodeError as error:
        readable = sum(byte in b"\n\r\t\f\b" or 32 <= byte < 127 for byte in start)
        return error.end >= len(start) or readable >= 0.7 * len(start)
    return True
