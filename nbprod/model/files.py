"""Files to be written: values until project.py puts them on disk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ownership(StrEnum):
    """What happens to what stands there already."""

    MERGED = "merged"  # text: a person's edits are kept, three-way
    REPLACED = "replaced"  # bytes that nobody edits, such as samples
    SHARED = "shared"  # a file of the project's that nbprod only adds to: dvc.yaml, params.yaml, .dvcignore


@dataclass(frozen=True, slots=True)
class File:
    """One file: its path below the project's root, with forward slashes, and what is in it.

    `base` is what later exports shall take as last written, where that differs from the content: of a shared file, our
    own part of it, so that what a person changes in that part can be told from what we wrote.
    """

    path: str
    content: bytes
    ownership: Ownership = Ownership.MERGED
    base: bytes | None = None

    @property
    def text(self) -> str:
        """The content as UTF-8 text."""
        return self.content.decode()
