"""A project on disk, its twin, and what DVC and nbprod say and do about it."""

from __future__ import annotations

import contextlib
import copy
import io
import os
import pickle
import random
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbprod.errors import NbprodError

MAKE = Path(__file__).with_name("make")
CONFIG = "[core]\n    check_update = false\n    analytics = false\n"


@dataclass(frozen=True)
class Done:
    """What a repro did: which stages ran, and the error that it ended with."""

    ran: tuple[str, ...]
    error: str = ""
    failed: frozenset[str] = frozenset()


class Failed(Exception):
    """Stages failed as nbprod ran them."""

    def __init__(self, stages):
        self.stages = frozenset(stages)
        super().__init__(", ".join(sorted(self.stages)))


@dataclass
class World:
    """A project below `beside/project`; `beside` also has the script that stages run, and what they note."""

    beside: Path
    project: object
    kept: dict = field(default_factory=dict)
    numbers: int = 0
    by_hand: bool = False  # whether a lock was laid out as DVC does not: nbprod keeps what needs no change

    @classmethod
    def of(cls, beside, project):
        """Write the project to disk, with DVC's folder beside it."""
        world = cls(beside, copy.deepcopy(project))
        (beside / "failing").mkdir(parents=True)
        shutil.copy(MAKE, beside / "make")
        (world.root / ".dvc" / "tmp").mkdir(parents=True)
        config = CONFIG if project.git else CONFIG + "    no_scm = true\n"
        section, _, option = project.config.partition("\n")
        text = config + option if section == "[core]" else config + project.config
        (world.root / ".dvc" / "config").write_text(text)
        if project.git:
            subprocess.run(["git", "init", "-q", world.root], check=True)
            (world.root / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n")
        world.project.write(world.root)
        for path in world.project.added:
            with contextlib.suppress(Exception), dvc(world) as repository:
                repository.add(path)
        return world

    @property
    def root(self):
        return self.beside / "project"

    @property
    def cache(self):
        return self.beside / "cache" if "../../cache" in self.project.config else self.root / ".dvc" / "cache"

    def count(self):
        self.numbers += 1
        return self.numbers

    def random(self, *numbers):
        return random.Random(repr(numbers))

    def outs(self, stages=None):
        """The paths of the outputs of these stages, or of all that DVC knows, from the root."""
        try:
            with dvc(self) as repository:
                wanted = [each for each in repository.index.stages if stages is None or each.addressing in stages]
                return [os.path.relpath(out.fs_path, self.root) for stage in wanted for out in stage.outs]
        except Exception:  # noqa: BLE001  (DVC refuses in many ways)
            return []

    def keep(self):
        parts = [*self.project.pipelines, *self.project.parameters]
        parts += [each.replace("dvc.yaml", "dvc.lock") for each in self.project.pipelines]
        texts = {each: path.read_text() for each in parts if (path := self.root / each).is_file()}
        self.kept = {"project": copy.deepcopy(self.project), "texts": texts}

    def bring_back(self):
        self.project = copy.deepcopy(self.kept["project"])
        for path, text in self.kept["texts"].items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)

    def twin(self, name):
        """Return a copy of all of it, cache and noted failures too."""
        found = World(self.beside.with_name(f"{self.beside.name}-{name}"), self.project)
        shutil.rmtree(found.beside, ignore_errors=True)
        shutil.copytree(self.beside, found.beside, symlinks=True)
        return found

    def begun(self):
        """How many stages have begun since it was asked last which have run."""
        path = self.beside / "ran"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def ran(self):
        """Which stages have run since it was asked last."""
        path = self.beside / "ran"
        names = tuple(path.read_text().splitlines()) if path.exists() else ()
        path.unlink(missing_ok=True)
        return names


@contextlib.contextmanager
def at(world, folder="."):
    """Within that folder of the world, with the outside world as its stages find it."""
    before = os.environ.get("JUDGE")
    os.environ["JUDGE"] = str(world.beside)
    try:
        with contextlib.chdir(world.root / folder), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        os.environ.pop("JUDGE") if before is None else os.environ.update(JUDGE=before)


@contextlib.contextmanager
def dvc(world, folder="."):
    """DVC's repository, as `dvc` opens it in that folder."""
    from dvc.repo import Repo

    with at(world, folder), Repo() as repository:
        yield repository


def by_dvc(world, targets=(), **options):
    """Let DVC run it."""
    return _done(world, lambda: _dvc_reproduces(world, targets, options))


def by_us(world, targets=(), jobs=2, **options):
    """Let nbprod run it, so many stages side by side; stages and nbprod may fail, but never for a fault of its own.

    What it finds to be DVC's is DVC's to go on with, as on the command line.
    """
    from nbprod.repro.unsupported import LeftToDvc

    with at(world):
        try:
            return _done(world, lambda: _nbprod_reproduces(world, targets, jobs, options), (Failed, NbprodError))
        except LeftToDvc:
            before = world.ran()
    done = by_dvc(world, targets, **options)
    return replace(done, ran=(*(each for each in before if each not in done.ran), *done.ran))


def _nbprod_reproduces(world, targets, jobs, how):
    from nbprod.project import reproducing

    done = reproducing.reproduce(world.root, targets, reproducing.options(jobs, **how))
    if not done.good:
        raise Failed(each.name for each in done.outcomes if each.ending == "failed")


def _dvc_reproduces(world, targets, options):
    with dvc(world) as repository:
        repository.reproduce(
            list(targets) or None, on_error="keep-going" if options.pop("keep_going", False) else "fail", **options
        )


def _done(world, run, errors=Exception):
    world.ran()
    try:
        run()
    except errors as error:
        return Done(world.ran(), told(error), getattr(error, "stages", frozenset()))
    return Done(world.ran())


def told(error):
    """The error and what it came from, in one line."""
    line = f"{type(error).__name__}: {error}"
    return f"{line} <- {told(error.__cause__)}" if error.__cause__ else line


def stale_by_dvc(world, targets=(), folder=".", **options):
    """What `dvc repro --dry` would run, and what `dvc status` names, by DVC's own names."""
    from dvc.repo import lock_repo

    with dvc(world, folder) as repository, lock_repo(repository):
        dry = _dry(repository, list(targets) or ["dvc.yaml"], options)
        return dry, set(repository.status()) if not targets else None


def _dry(repository, targets, options):
    """Ask DVC for a dry run.

    It gives up where a stage that never ran misses a file or its parameters: there each stage is asked by itself.
    """
    from dvc.exceptions import ReproductionError
    from dvc.repo.reproduce import collect_stages, get_active_graph, plan_repro

    with contextlib.suppress(ReproductionError):
        return {stage.addressing for stage in repository.reproduce(targets, dry=True, **options)}
    wanted = plan_repro(get_active_graph(repository.index.graph), collect_stages(repository, targets))
    return {stage.addressing for stage in wanted if stage.changed()}


@contextlib.contextmanager
def hurried():
    """DVC in a third of its time, where one process is at work: no notes of who reads what, no text parsed twice."""
    import ruamel.yaml
    from dvc import rwlock

    kept = rwlock.rwlock, ruamel.yaml.YAML.load
    rwlock.rwlock = lambda *_, **__: contextlib.nullcontext()
    ruamel.yaml.YAML.load = lambda parser, text: _parsed(kept[1], parser, text)
    try:
        yield
    finally:
        rwlock.rwlock, ruamel.yaml.YAML.load = kept


KNOWN = {}


def _parsed(load, parser, text):
    if not isinstance(text, str) or parser.typ != ["safe"]:
        return load(parser, text)
    if text not in KNOWN:
        if len(KNOWN) > 2000:
            KNOWN.clear()
        KNOWN[text] = pickle.dumps(load(parser, text))
    return pickle.loads(KNOWN[text])
