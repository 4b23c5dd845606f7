"""The pictures of displayed figures: a folder of numbered files, which stands whole or not at all."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from nbprod.values.disk import whole_folder
from nbprod.values.formats.figures import read_png, write_png

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIGURES = "figures"  # the folder's name, within that of the step


def picture(figure: Any) -> bytes:
    """Return a figure as the bytes of a bitmap, the same for the same looks."""
    made = BytesIO()
    write_png(figure, made)
    return made.getvalue()


def save_pictures(pictures: Sequence[bytes], folder: Path) -> None:
    """Put the pictures into the folder as 1.png, 2.png …, in place of all that stood there.

    Raises:
        WriteFailed: the disk or its permissions refused; what stood there still stands.
    """
    with whole_folder(folder) as draft:
        for number, each in enumerate(pictures, 1):
            (draft / f"{number}.png").write_bytes(each)


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """Return the folder's pictures in their order; none where there is no folder."""
    return tuple(sorted(folder.glob("*.png"), key=lambda each: (len(each.name), each.name)))


def pictures_differ(left: Path, right: Path) -> str:
    """Return the first difference between two folders of pictures, "" where they look the same.

    >>> from pathlib import Path
    >>> pictures_differ(Path("nowhere"), Path("nowhere, too"))
    ''
    """
    mine, yours = pictures_in(left), pictures_in(right)
    if len(mine) != len(yours):
        return f"{counted(mine)} against {counted(yours)}"
    for number, (one, other) in enumerate(zip(mine, yours, strict=True), 1):
        found = "" if one.read_bytes() == other.read_bytes() else _pixels_differ(read_png(one), read_png(other))
        if found:
            return f"figure {number}: {found}"
    return ""


def _pixels_differ(left: Any, right: Any) -> str:
    if left.shape != right.shape:
        sizes = [f"{each.shape[1]} × {each.shape[0]}" for each in (left, right)]
        return f"{sizes[0]} against {sizes[1]} pixels"
    apart = (left != right).any(axis=-1)
    if not apart.any():
        return ""
    row, column = divmod(int(apart.argmax()), apart.shape[1])
    return f"{apart.sum():,} of {apart.size:,} pixels differ, the first in row {row}, column {column}"


def counted(pictures: Sequence[object]) -> str:
    """Return how many there are, in words.

    >>> counted([b"one"]), counted([])
    ('1 figure', '0 figures')
    """
    return "1 figure" if len(pictures) == 1 else f"{len(pictures)} figures"
