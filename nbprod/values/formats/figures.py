"""Figures as pictures, and tables as csv: what a plot is stored as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.values.formats.format import FIGURES, PANDAS_FRAMES, PANDAS_SERIES, POLARS_FRAMES, Format, is_a

if TYPE_CHECKING:
    from io import BytesIO
    from pathlib import Path


def figure_of(value: Any) -> Any:
    """The figure that a value is or belongs to; None if it has none.

    >>> figure_of(3) is None
    True
    """
    if is_a(value, *FIGURES):
        return value
    figure = getattr(value, "figure", None)
    return figure if is_a(figure, *FIGURES) else None


def write_png(value: Any, path: Path | BytesIO) -> None:
    """Draw the figure as a bitmap, without the date or version that would change its bytes."""
    figure_of(value).savefig(path, format="png", metadata={"Software": None})


def write_svg(value: Any, path: Path) -> None:
    """Draw the figure as lines, the same bytes each time."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "nbprod"}):
        figure_of(value).savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def read_png(path: Path) -> Any:
    """Read a bitmap as an array of pixels."""
    from matplotlib import image

    with path.open("rb") as stream:
        return image.imread(stream, format="png")


def is_table(value: object) -> bool:
    """Whether it is a frame or a pandas series."""
    return is_a(value, *PANDAS_FRAMES, *PANDAS_SERIES, *POLARS_FRAMES)


def write_csv(value: Any, path: Path) -> None:
    """Write a table for plotting; a pandas index is a column only if it is no plain numbering."""
    import pandas as pd

    if is_a(value, *POLARS_FRAMES):
        path.write_text(value.write_csv(), encoding="utf-8")
        return
    frame = value.to_frame(value.name or "value") if isinstance(value, pd.Series) else value
    plain = isinstance(frame.index, pd.RangeIndex)
    frame.to_csv(path, index=not plain, lineterminator="\n")


def read_csv(path: Path) -> Any:
    """Read a table that was written for plotting."""
    import pandas as pd

    return pd.read_csv(path)


PNG = Format("png", "png", lambda value: figure_of(value) is not None, write_png, read_png)
SVG = Format("svg", "svg", lambda value: figure_of(value) is not None, write_svg, lambda path: path.read_text("utf-8"))
CSV = Format("csv", "csv", is_table, write_csv, read_csv)
