"""The judgement: what nbprod says and does about a world must be what DVC says and does."""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.repro.judge import world as worlds
from tests.repro.judge.edits import EDITS, picked

UNSEEN = {("project/.dvc", "tmp"), ("project", ".git"), (".", "failing"), (".", "counts")}
OLD_LISTING = re.compile(r"/cache/[0-9a-f]{2}/[0-9a-f]{30}\.dir$")


class Differs(AssertionError):
    """nbprod and DVC don't agree."""


@dataclass
class Court:
    """Follows a history, and counts what was seen."""

    world: worlds.World
    seen: Counter = field(default_factory=Counter)

    def follow(self, history):
        """Do each step of a history and judge after it."""
        self.stale()
        for kind, a, b, c in history:
            self.seen["steps"] += 1
            if kind in ACTS:
                ACTS[kind](self, a, b, c)
            else:
                EDITS[kind](self.world, a, b, c)
            self.stale()

    def stale(self, targets=(), folder="."):
        """Compare which stages are stale; return their names, or None where both refuse or ours leaves it to DVC."""
        ours, theirs = self._asked(_ours, targets, folder), self._asked(worlds.stale_by_dvc, targets, folder)
        if isinstance(ours, str) and ours.startswith("LeftToDvc"):
            self.seen[f"left: {ours.partition(': ')[2][:160]}"] += 1
            return None
        if isinstance(ours, str) or isinstance(theirs, str):
            if isinstance(ours, str) != isinstance(theirs, str):
                raise Differs(f"stale {targets} in {folder}: DVC {theirs}, ours {ours}")
            self.seen[f"both refuse: {theirs[:90]}"] += 1
            return None
        self.seen["plans"] += 1
        self._agree(ours, theirs, f"{targets} in {folder}")
        return set(ours.stale)

    def _agree(self, ours, theirs, where):
        """A dry run and `dvc status` name the same; the latter tells of frozen stages that run always, but do not."""
        dry, status = theirs
        _same(f"stale {where}", dry, set(ours.stale))
        if status is not None:
            judged = {each.name for each in ours.stages if not each.frozen}
            _same(f"status {where}", status & judged, set(ours.stale) & judged)

    def _asked(self, whom, targets, folder):
        try:
            return whom(self.world, targets, folder)
        except Exception as error:  # noqa: BLE001  (what DVC or nbprod says, whatever it is, is compared)
            return worlds.told(error)

    def repro(self, targets=(), jobs=2, **options):
        """Let DVC run a twin and nbprod the world itself: both end in the same state."""
        if self.stale(targets) is None:
            return
        twin = self.world.twin("twin")
        theirs = worlds.by_dvc(twin, targets, keep_going=True, **options)
        ours = worlds.by_us(self.world, targets, jobs, keep_going=True, **options)
        self.seen["repros"] += 1
        if bool(theirs.error) != bool(ours.error):
            raise Differs(f"repro {targets} {options}: DVC {theirs}, ours {ours}")
        _same("ran", _ended(theirs.ran, ours.failed), _ended(ours.ran, ours.failed))
        self.seen["stages run"] += len(ours.ran)
        self.seen["failing repros"] += bool(ours.error)
        _same_files(
            twin.beside,
            self.world.beside,
            failed=ours.failed,
            lost=self.world.outs(ours.failed),
            by_hand=self.world.by_hand,
        )
        if not ours.error:
            self._nothing_to_do(targets, twin)

    def _nothing_to_do(self, targets, twin):
        """Only what runs always is stale, or what DVC can't mend either; and if it is let loose, it changes nothing."""
        ours = self._asked(_ours, targets, ".")
        if isinstance(ours, str) and ours.startswith("LeftToDvc"):
            return
        always = {each.name for each in ours.stages if _always(each)}
        left = worlds.stale_by_dvc(self.world, targets)[0]
        if left != always:  # such as a source whose listing in the cache is spoiled
            _same("stale after repro", worlds.stale_by_dvc(twin, targets)[0], left)
        if left or self.seen["repros"] % 3:
            return
        before = _files(self.world.beside)
        done = worlds.by_dvc(self.world, targets)
        _same("ran again", (done.error, done.ran), ("", ()))
        _same("changed by another repro of DVC", _files(self.world.beside), before)


def _ended(ran, failed):
    """Which stages ran, how often, but for those that failed: nbprod sees some of that before it runs them."""
    names = {each.rpartition(":")[2].partition("@")[0] for each in failed}
    return Counter(each for each in ran if each.partition("@")[0] not in names)


def _always(each):
    """Whether the stage runs always: by its flag, without anything to compare, or as no .nan is like another."""
    return each.state == "stale" and all(why.kind == "always" or why.how == "nan → nan" for why in each.reasons)


def _ours(world, targets=(), folder="."):
    from nbprod.project.reproducing import planned

    with worlds.at(world, folder):
        return planned(".", targets)


def _same(what, theirs, ours):
    if theirs != ours:
        raise Differs(f"{what}: DVC {theirs}, ours {ours}")


def _same_files(theirs, ours, *, failed, lost, by_hand):
    """All files are the same, but for what DVC loses when a stage fails: its outputs, and all new lines in .gitignore.

    The lock has stages in the order in which they ended, which DVC, too, leaves to chance where the graph does.
    """
    expected, found = (
        {path: _sorted(path, text, by_hand) for path, text in _files(each).items()} for each in (theirs, ours)
    )
    differing = sorted(path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path))
    differing = [path for path in differing if not any(_around(path, f"project/{each}/") for each in lost)]
    # What somebody has written into DVC's cache DVC deletes when it comes by; nbprod doesn't trust it, and lets it lie.
    differing = [path for path in differing if not found.get(path, "").endswith(" spoiled")]
    # Of a folder that a lock of DVC 2 names, DVC leaves a listing where DVC 2 kept its cache, but none of its files.
    differing = [path for path in differing if path in found or not OLD_LISTING.search(path)]
    if failed:
        differing = [path for path in differing if not path.endswith(".gitignore")]
    if differing:
        shown = "\n".join(_shown(path, expected.get(path), found.get(path)) for path in differing[:4])
        raise Differs(f"files after repro, {len(differing)} differ:\n{shown}")


def _shown(path, theirs, ours):
    """What differs in a file, line by line."""
    pair = [f"{'nothing' if each is None else each}\n".splitlines(keepends=True) for each in (theirs, ours)]
    return "".join(difflib.unified_diff(*pair, f"{path} by DVC", f"{path} by nbprod", n=2))


def _around(path, lost):
    """Whether a path is that of a lost output, or one of its folders."""
    return f"{path}/".startswith(lost) or lost.startswith(path)


def _sorted(path, text, by_hand):
    if path.endswith(".gitignore"):
        mode, _, lines = text.partition(" ")
        return "\n".join([mode, *sorted(lines.splitlines())])
    if path.endswith("dvc.lock") and by_hand:
        from dvc.utils.serialize import parse_yaml

        return repr(sorted((parse_yaml(text.partition(" ")[2], path).get("stages") or {}).items()))
    if path.endswith("dvc.lock"):
        return "".join(sorted(re.split(r"^(?=  \S)", text, flags=re.MULTILINE)))
    return text


def _files(root):
    """What each file below a folder is and holds, DVC's cache too."""
    found = {}
    for name, folders, files in os.walk(root):
        folder = Path(name)
        at = folder.relative_to(root)
        folders[:] = [each for each in folders if (str(at), each) not in UNSEEN]
        links = [each for each in folders if (folder / each).is_symlink()]
        found |= {str(at / each): _what(folder / each) for each in files + links}
        if not files and not folders and ".dvc" not in at.parts:
            found[f"{at}/"] = "empty folder"
    return found


def _what(path):
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"-> {path.readlink()}"
    return f"{mode & stat.S_IRWXU:o} {path.read_bytes().decode(errors='replace')}"


ACTS = {}


def act(function):
    """Make the function something that DVC or nbprod does within a history."""
    ACTS[function.__name__] = function
    return function


def _quietly(world, call):
    """Let DVC do something; where it refuses, nothing has happened."""
    try:
        with worlds.dvc(world) as repository:
            call(repository)
    except Exception:  # noqa: BLE001  (DVC refuses in many ways)
        return


@act
def repro(court, a, b, c):
    court.repro(jobs=1 + a % 2)


@act
def repro_forced(court, a, b, c):
    court.repro(jobs=1 + a % 2, force=True)


@act
def repro_target(court, a, b, c):
    court.repro([target] if (target := _target(court.world, a, b)) else ())


@act
def plan_elsewhere(court, a, b, c):
    target = _target(court.world, a, b)
    court.stale([target] if target else ())
    folder = ["sub", "work", "sub/deep er ü"][c % 3]
    if (court.world.root / folder).is_dir():
        court.stale((), folder)


def _target(world, a, b):
    """A stage, a group of stages, a file of stages, or a source."""
    found = [*world.project.pipelines, *(f"{each}.dvc" for each in world.project.added)]
    for file, tree in world.project.pipelines.items():
        found += [name if file == "dvc.yaml" else f"{file}:{name}" for name in tree["stages"]]
        found += [f"{file}:{name}@{item}" for name in tree["stages"] for item in ("p", 1) if b % 5 == 0]
    return picked(found, a)


@act
def dvc_repro(court, a, b, c):
    court.seen["repros of DVC"] += 1
    worlds.by_dvc(court.world, keep_going=True)


@act
def dvc_commit(court, a, b, c):
    _quietly(court.world, lambda repository: repository.commit(force=True))


@act
def dvc_checkout(court, a, b, c):
    _quietly(court.world, lambda repository: repository.checkout(force=True))


@act
def dvc_gc(court, a, b, c):
    _quietly(court.world, lambda repository: repository.gc(workspace=True, force=True))


@act
def dvc_add(court, a, b, c):
    _quietly(court.world, lambda repository: repository.add(picked(["raw.csv", "data/a.txt", "häuser"], a)))
