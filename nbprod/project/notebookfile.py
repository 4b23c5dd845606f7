"""A notebook's file as it is changed: read as a document, and written so that all else in it stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NotebookFile:
    """A notebook that was read: its document, and its text where it is one of jupytext's (else "")."""

    path: Path
    document: Document
    text: str = ""
    content: bytes = b""

    def written(self, document: Document, out: Path) -> str:
        """Return the changed document as the file `out` holds it.

        In the format of the file that was read, the lines that have not changed are those that stand there.
        """
        from nbprod.adapters import git, jupytext

        new = jupytext.as_text(document, str(out), str(self.path))
        if not self.text or out.suffix != self.path.suffix:
            return new
        standing = self.text.replace("\r\n", "\n")
        base = jupytext.as_text(self.document, str(out), str(self.path))
        if not standing.endswith("\n"):
            base, new = base.removesuffix("\n"), new.removesuffix("\n")
        merged, _ = git.merge_file(standing, base, new, take_new=True)
        kept = merged if _cells(merged, out) == _cells(new, out) else new
        return kept.replace("\n", "\r\n") if "\r\n" in self.text else kept

    def with_sources(self, sources: Mapping[int, str]) -> bytes:
        """Return the file with other sources for some cells, by their index; all else stays, to the byte."""
        from nbprod.adapters import ipynb

        if not self.text:
            return ipynb.with_sources(self.content, sources)
        document = {**self.document, "cells": [dict(each) for each in self.document["cells"]]}
        for index, source in sources.items():
            document["cells"][index]["source"] = source
        return self.written(document, self.path).encode()


def opened(path: Path, content: bytes) -> NotebookFile:
    """Return the notebook's file; NotebookUnreadable says why it cannot be one."""
    from nbprod.adapters import jupytext, nbformat

    text = nbformat.decoded(content, str(path))
    if text.strip() and jupytext.is_text(str(path)):
        return NotebookFile(path, jupytext.document(text, str(path)), text, content)
    return NotebookFile(path, nbformat.document(text, str(path)), content=content)


def _cells(text: str, path: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    """What must be right whatever the text looks like: the cells with their tags."""
    from nbprod.adapters import jupytext

    cells = jupytext.document(text, str(path))["cells"]
    return [(each["cell_type"], each["source"], tuple(each["metadata"].get("tags", ()))) for each in cells]
