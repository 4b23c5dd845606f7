"""Saving and loading values: the first format that brings a value back unchanged is the one it is stored in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from nbprod.errors import NbprodError, ProjectBroken, ValueUnstorable
from nbprod.values.disk import whole
from nbprod.values.fingerprint import fingerprint
from nbprod.values.formats.arrays import NPY, NPZ
from nbprod.values.formats.figures import CSV, PNG, SVG
from nbprod.values.formats.format import DoesNotFitError, Format, OnlyHereError
from nbprod.values.formats.metrics import METRICS, is_metrics
from nbprod.values.formats.parquet import PARQUET
from nbprod.values.formats.pickles import CLOUDPICKLE, JOBLIB, PICKLE
from nbprod.values.formats.plain import BYTES, JSON, TEXT
from nbprod.values.sharing import pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

OUT_FORMATS = (PARQUET, NPY, NPZ, TEXT, BYTES, JSON, JOBLIB, PICKLE, CLOUDPICKLE)
PLOT_FORMATS = (PNG, CSV, METRICS, SVG)
ENTRY_POINTS = "nbprod.formats"


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a value was stored, and the name of the format."""

    path: Path
    format: str


def save(value: object, folder: Path, stem: str, *, role: str = "out", prefer: str | None = None) -> Saved:
    """Store the value as `folder/stem.<extension>` and return where.

    For an out, each format that fits is proven by reading the file back before it takes its place, so the value that
    a later step loads is the value that was saved. `prefer` names a format proven before, or its extension: it is
    used without a second proof where it still fits. A metric becomes plain JSON numbers as DVC wants them; a plot
    becomes a picture or a table.

    Raises:
        ValueUnstorable: no format holds it; the message says why and what to do.
        WriteFailed: the disk refused.
    """
    if role == "metric":
        return _save_metric(value, folder, stem)
    if role == "plot":
        return _save_plot(value, folder, stem, prefer)
    return _save_out(value, folder, stem, prefer)


def load(path: Path) -> Any:
    """Return the value that the file holds; the format follows from what stands after the name's first dot.

    Raises:
        NbprodError: there is no such file, no format has that extension, or the file is damaged.
    """
    extension = path.name.partition(".")[2]
    known = {each.extension: each for each in _all_formats()}
    if extension not in known:
        raise NbprodError(f"{path} has no extension that nbprod reads", hint=f"It reads {_listed(sorted(known))}.")
    if not path.is_file():
        raise ProjectBroken(f"{path} does not exist", hint="Run the step that makes it: dvc repro.")
    try:
        return known[extension].read(path)
    except Exception as error:
        raise ProjectBroken(
            f"{path} can't be read as {known[extension].name}: {_brief(error)}",
            hint="Delete it and run the step that makes it again: dvc repro.",
        ) from error


def _save_out(value: object, folder: Path, stem: str, prefer: str | None) -> Saved:
    proven = next((each for each in _all_formats() if prefer in {each.name, each.extension}), None)
    if proven and proven.fits(value):
        saved = _attempt(proven, value, folder / f"{stem}.{proven.extension}", None)
        if saved:
            return saved
    print_ = fingerprint(value, stem)
    if not print_.digest:
        raise ValueUnstorable(f"{stem!r} can't be stored: {print_.why}", hint=_cure(print_.why))
    prove = _prover(value, print_.digest)
    try:
        for each in (*_third_party(), *OUT_FORMATS):
            if each.fits(value) and (saved := _attempt(each, value, folder / f"{stem}.{each.extension}", prove)):
                return saved
    except OnlyHereError as error:
        raise ValueUnstorable(
            f"{stem!r} can't be stored: it holds the class {error}, which was put into that module while the notebook "
            "ran, so that no other process has it",
            hint="Define the class in a cell, with `class`, or keep the plain values.",
        ) from error
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    raise ValueUnstorable(
        f"{stem!r} can't be stored: no format brings back this {kind} unchanged",
        hint="Keep what can be stored (a frame, an array, numbers) and make the rest again in the step that needs it.",
    )


def _attempt(each: Format, value: object, path: Path, prove: Callable[[Any], bool] | None) -> Saved | None:
    """Write in that format and prove it; None if the value turns out not to fit. Nothing is left behind then."""
    try:
        with whole(path) as draft:
            each.write(value, draft)
            if prove and not prove(_read_back(each, draft)):
                raise DoesNotFitError("it comes back changed")  # noqa: TRY301 - leaves the block, dropping the draft
    except DoesNotFitError:
        return None
    return Saved(path, each.name)


def _read_back(each: Format, draft: Path) -> Any:
    try:
        return each.read(draft)
    except Exception as error:
        raise DoesNotFitError(str(error)) from error


def _prover(value: object, digest: str) -> Callable[[Any], bool]:
    shape = pattern(value)
    return lambda back: fingerprint(back).digest == digest and pattern(back) == shape


def _save_metric(value: object, folder: Path, stem: str) -> Saved:
    if not is_metrics(value):
        raise ValueUnstorable(
            f"metric {stem!r} is a {type(value).__qualname__}, and DVC compares numbers",
            hint="Make it a number or a dict of numbers.",
        )
    saved = _attempt(METRICS, value, folder / f"{stem}.json", None)
    assert saved is not None
    return saved


def _save_plot(value: object, folder: Path, stem: str, prefer: str | None) -> Saved:
    ordered = sorted(PLOT_FORMATS, key=lambda each: prefer not in (each.name, each.extension))
    for each in ordered:
        if each.fits(value) and (saved := _attempt(each, value, folder / f"{stem}.{each.extension}", None)):
            return saved
    raise ValueUnstorable(
        f"plot {stem!r} is a {type(value).__qualname__}, which can't be drawn",
        hint="Make it a figure, a frame, or a list or dict of numbers.",
    )


def _all_formats() -> Iterable[Format]:
    return (*_third_party(), *OUT_FORMATS, PNG, SVG, CSV)


@cache
def _third_party() -> tuple[Format, ...]:
    """The formats that installed packages add, by name; those whose extension is taken are left out."""
    taken = {each.extension for each in (*OUT_FORMATS, PNG, SVG, CSV)}
    found = sorted(entry_points(group=ENTRY_POINTS), key=lambda each: each.name)
    return tuple(each for each in map(_loaded, found) if each.extension not in taken)


def _loaded(entry: EntryPoint) -> Format:
    try:
        made = entry.load()
    except Exception as error:  # noqa: BLE001 - whatever another package raises is told below
        made = error
    if isinstance(made, Format):
        return made
    raise NbprodError(
        f"the format {entry.name!r} that {entry.value} should give can't be used: {_brief(made)}",
        hint="Mend or uninstall the package that adds it.",
    )


CURES = (
    ("generator", "Make it a list: list(…)."),
    ("connection", "Open it inside the step that uses it, and pass the query's result instead."),
    ("cursor", "Open it inside the step that uses it, and pass the query's result instead."),
    ("engine", "Open it inside the step that uses it, and pass the query's result instead."),
    ("session", "Open it inside the step that uses it, and pass its result instead."),
    ("socket", "Open it inside the step that uses it, and pass what it received instead."),
    ("open file", "Pass the path, and open the file inside the step that reads it."),
    ("lock", "Make it inside the step that uses it; another process can't share it."),
    ("coroutine", "Await it, and pass the result."),
    ("process", "Wait for it, and pass its result."),
)


def _cure(why: str) -> str:
    cure = (advice for words, advice in CURES if words in why.rpartition(" is ")[2])
    return next(cure, "Make it inside the step that uses it, and pass the data that it's made from.")


def _brief(error: object) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 160 else f"{words[:159]}…"


def _listed(names: list[str]) -> str:
    return ", ".join(f".{name}" for name in names)
