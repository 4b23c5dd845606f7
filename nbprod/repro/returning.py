"""The outputs that DVC deletes before it runs a stage, given back where the stage then fails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nbprod.adapters import git
from nbprod.errors import NbprodError
from nbprod.repro import finding, lockfile, settings, storing
from nbprod.repro.digests import Digests
from nbprod.repro.ignoring import Ignores
from nbprod.repro.memory import Memory, digest
from nbprod.repro.objects import Objects
from nbprod.repro.stages import PIPELINE
from nbprod.repro.unsupported import LeftToDvc
from nbprod.values import write_whole

if TYPE_CHECKING:
    from nbprod.repro.entries import Entry

LINKS = ("reflink", "copy")


def given_back(folder: str, name: str, target: str) -> tuple[str, ...]:
    """Give back what the stage, which runs the step, had made by dvc.lock, and return what neither DVC nor git has."""
    try:
        root = finding.root_of(folder)
        memory = Memory(os.path.join(root, finding.DVC))
        entry = lockfile.read(lockfile.lock_path(os.path.join(folder, PIPELINE)), memory).stages.get(name, {})
        objects = Objects(settings.cache_folder(root), Digests(Ignores(root, memory), memory))
    except (NbprodError, LeftToDvc):
        return ()
    outs = entry.get("outs", ()) if target in str(entry.get("cmd")).split() else ()
    missing = [each for each in outs if not os.path.lexists(os.path.join(folder, each["path"]))]
    return tuple(each["path"] for each in missing if not _gave(each, folder, objects))


def _gave(out: Entry, folder: str, objects: Objects) -> bool:
    path, md5 = os.path.join(folder, out["path"]), str(out.get("md5"))
    try:
        if objects.has(md5):
            storing.take(md5, path, objects, LINKS, executable=bool(out.get("isexec")))
            return True
        content = git.committed(Path(folder), out["path"])
        if content is None or digest(content) != md5:
            return False
        write_whole(Path(path), content)
    except NbprodError:
        return False
    return True
