"""Contents into DVC's cache and out of it: whole or not at all, write-protected, shared with the disk's means."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat as modes
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from typing import TYPE_CHECKING

from nbprod.errors import ProjectBroken
from nbprod.repro.digests import DIR
from nbprod.repro.objects import MODE
from nbprod.values.disk import write_failed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbprod.repro.digests import Content, Digests
    from nbprod.repro.objects import Objects

_DRAFTS = count()
_CLONE = 0x40049409  # FICLONE of linux/fs.h: another name for the same blocks, until one of them is written


def keep(path: str, content: Content, objects: Objects, digests: Digests, links: tuple[str, ...]) -> None:
    """Put what stands at the path into the cache, if it is not there.

    Raises:
        WriteFailed: the disk or its permissions refused.
    """
    if not content.folder:
        _keep_file(path, content.md5, objects, links)
        return
    tree = digests.tree(path)
    for name, md5 in tree.entries:
        _keep_file(f"{path}/{name}", md5, objects, links)
    place = objects.path(content.md5)
    if not objects.has(content.md5):
        with _draft(place) as draft:
            with open(draft, "wb") as file:
                file.write(tree.listing)
            os.chmod(draft, MODE)


def _keep_file(path: str, md5: str, objects: Objects, links: tuple[str, ...]) -> None:
    if objects.has(md5):
        return
    with _draft(objects.path(md5)) as draft:
        _copy(path, draft, links)
        os.chmod(draft, MODE)


def take(md5: str, path: str, objects: Objects, links: tuple[str, ...], *, executable: bool = False) -> None:
    """Put that content from the cache at the path, in place of what stands there.

    Raises:
        WriteFailed: the disk or its permissions refused; what stood there still stands.
    """
    draft = os.path.join(os.path.dirname(path), f".{os.path.basename(path)[:200]}.{os.getpid()}.tmp")
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _made(md5, draft, objects, links)
        if executable:
            os.chmod(draft, os.stat(draft).st_mode | modes.S_IEXEC)
        if os.path.isdir(draft) or os.path.isdir(path):
            remove(path)
        os.replace(draft, path)
    except OSError as error:
        raise write_failed(_as_path(path), error) from error
    finally:
        remove(draft)


def _made(md5: str, draft: str, objects: Objects, links: tuple[str, ...]) -> None:
    if not md5.endswith(DIR):
        _copy(objects.path(md5), draft, links)
        return
    tree = objects.tree(md5)
    if tree is None:
        raise ProjectBroken(f"the cache has no listing {md5}")
    os.makedirs(draft)
    for name, each in tree.entries:
        target = f"{draft}/{name}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _copy(objects.path(each), target, links)


@cache
def plain_mode() -> int:
    """Return the permissions of a file that is made anew. To be asked first where no other thread makes files."""
    mask = os.umask(0o022)
    os.umask(mask)
    return 0o666 & ~mask


def settle(path: str) -> None:
    """Give a file the permissions with which DVC leaves an output that it has taken in: those of a copy it would make.

    A folder's files it leaves as they are.
    """
    found = os.lstat(path).st_mode
    wanted = plain_mode() | (modes.S_IEXEC if found & 0o111 else 0)
    if modes.S_ISREG(found) and modes.S_IMODE(found) != wanted:
        os.chmod(path, wanted)


def unprotect(path: str) -> None:
    """Make what persists ready to be written, a file or a folder's files, as DVC does before it runs a stage."""
    for file in _files(path):
        found = os.lstat(file)
        if modes.S_ISLNK(found.st_mode) or found.st_nlink > 1:
            draft = f"{file}.{os.getpid()}.tmp"
            shutil.copyfile(file, draft)
            os.replace(draft, file)
        os.chmod(file, plain_mode())


def _files(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path] if os.path.exists(path) else []
    return [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]


def remove(path: str) -> None:
    """Remove a file, a link or a folder with all that is in it, if it is there."""
    with suppress(FileNotFoundError):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


@contextmanager
def _draft(place: str) -> Iterator[str]:
    """A file beside the place that takes its name when all went well."""
    draft = f"{place}.{os.getpid()}-{next(_DRAFTS)}.tmp"  # two stages may make the same content at once
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        yield draft
        os.replace(draft, place)
    except OSError as error:
        raise write_failed(_as_path(place), error) from error
    finally:
        with suppress(OSError):
            os.unlink(draft)


def _copy(source: str, target: str, links: tuple[str, ...]) -> None:
    with open(source, "rb") as old, open(target, "xb") as new:
        if links[0] == "reflink":
            with suppress(OSError):
                fcntl.ioctl(new.fileno(), _CLONE, old.fileno())
                return
    shutil.copyfile(source, target)


def _as_path(path: str) -> Path:
    from pathlib import Path

    return Path(path)
