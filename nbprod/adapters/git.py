"""git: the three-way merge of a text, which needs no repository."""

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
