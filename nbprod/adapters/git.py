"""git: the three-way merge of a text, which needs no repository, and what a repository is about to commit."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from nbprod.errors import NbprodError

LABELS = ("yours", "the last export", "the new export")


def merge_file(
    mine: str,
    base: str,
    new: str,
    *,
    take_new: bool = False,
    take_mine: bool = False,
    labels: tuple[str, str, str] = LABELS,
) -> tuple[str, bool]:
    r"""Return the text that has both changes, and whether they contradict each other.

    With a conflict the text holds git's markers around the places, with the labels of the three texts. With `take_new`
    or `take_mine` there is none, for the lines of one side win there.

    >>> merge_file("a\nb\nc\nd\nE\n", "a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n")
    ('A\nb\nc\nd\nE\n', False)
    """
    with tempfile.TemporaryDirectory(prefix="nbprod-merge-") as name:
        paths = [Path(name) / label for label in ("mine", "base", "new")]
        for path, text in zip(paths, (mine, base, new), strict=True):
            path.write_bytes(text.encode())
        named = [part for label in labels for part in ("-L", label)]
        taken = ["--theirs"] if take_new else ["--ours"] if take_mine else []
        command = ["git", "merge-file", "-p", *taken, *named, *map(str, paths)]
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError as error:
            raise NbprodError(
                "git is not installed, and merging your edits needs it", hint="Install git, then export again"
            ) from error
    # git says how many conflicts there are; above 127 something else went wrong.
    if not 0 <= done.returncode <= 127:
        raise NbprodError(f"git merge-file failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(), done.returncode > 0


def top(folder: Path) -> Path | None:
    """Return the top of the repository that holds the folder; None outside of any."""
    done = _git(folder, "rev-parse", "--show-toplevel")
    return Path(done.stdout.strip()) if done.returncode == 0 and done.stdout.strip() else None


def init(folder: Path) -> None:
    """Make the folder a repository."""
    done = _git(folder, "init", "--quiet")
    if done.returncode:
        raise NbprodError(f"git init failed: {done.stderr.strip()}")


def remotes(folder: Path) -> tuple[str, ...]:
    """Return where the repository is pushed to."""
    done = _git(folder, "config", "--get-regexp", r"^remote\..*\.url$")
    return tuple(line.partition(" ")[2] for line in done.stdout.splitlines())


def hooks(folder: Path) -> Path | None:
    """Return the folder of the repository's hooks; None outside of any repository."""
    done = _git(folder, "rev-parse", "--git-path", "hooks")
    return (folder / done.stdout.strip()).resolve() if done.returncode == 0 else None


def changed(folder: Path) -> tuple[Path, ...]:
    """Return the files that are about to be committed, deleted ones left out."""
    above = top(folder)
    done = _git(folder, "diff", "--cached", "--name-only", "-z", "--diff-filter=d")
    return tuple(above / name for name in done.stdout.split("\0") if name) if above else ()


def committed(folder: Path, name: str) -> bytes | None:
    """Return what the file of that name in the folder holds in the last commit; None where there is none."""
    command = ["git", "-C", str(folder), "show", f"HEAD:./{name}"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def staged(folder: Path, target: Path) -> Path:
    """Write all files as git is about to commit them below `target`; return where the folder is there."""
    above = top(folder)
    assert above is not None
    done = _git(above, "checkout-index", "--all", f"--prefix={target}/")
    if done.returncode:
        raise NbprodError(f"git checkout-index failed: {done.stderr.strip()}")
    return target / folder.resolve().relative_to(above)


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(folder), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="surrogateescape", check=False)
    except FileNotFoundError as error:
        raise NbprodError("git is not installed", hint="Install git, then try again") from error
