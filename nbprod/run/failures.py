"""What a step raised, as an error that names the step, its module's line, and the notebook's cell."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from nbprod.errors import StepFailed
from nbprod.run.origins import origin

if TYPE_CHECKING:
    from nbprod.run.origins import Origin

_CELLS = re.compile(r"\bcells? \d+(?:(?:, | and |–|-)\d+)*(?: of \S+\.ipynb)?")
_OWN_FRAMES = 8
_RAISED_LINES = 12


def failed(error: BaseException, target: str, root: Path) -> StepFailed:
    """Return the failure of `package.step`: one line that places it, then the user's own traceback, bounded.

    Frames of nbprod above the user's module are left out, and of the libraries below it only the last stays.
    """
    package, _, step = target.partition(".")
    frames = _from_module_on(traceback.extract_tb(error.__traceback__), root / package)
    own = [each for each in frames if _below(each.filename, root)]
    raised = _clipped("".join(traceback.format_exception_only(error)).rstrip())
    headline = f"step {step!r} raised {type(error).__name__}"
    if not own:
        return StepFailed(f"{headline}\n{raised}", step=step)
    last = own[-1]
    place = f"{_short(last.filename, root)}, line {last.lineno}"
    bounded = _bounded(frames, own)
    found = {id(each): origin(each, _text(Path(each.filename)), root) for each in bounded if each in own}
    cell = _placed(cell_of(Path(last.filename)), found.get(id(last)))
    lines = [_frame(each, root, found.get(id(each))) for each in bounded]
    message = "\n".join([f"{headline} at {place}{f' ({cell})' if cell else ''}", *lines, f"  {raised}"])
    return StepFailed(message, step=step)


def cell_of(module: Path) -> str:
    """Return which cells of the notebook a generated module came from, "" when its docstring doesn't say."""
    found = _CELLS.search(_text(module).partition("\n\n")[0])
    return found[0] if found else ""


def _text(module: Path) -> str:
    try:
        return module.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _placed(cells: str, found: Origin | None) -> str:
    """The cells of a step, or, where it is known, the very one with its line."""
    if found is None:
        return cells
    notebook = cells.partition(" of ")[2]
    return f"cell {found.cell}, line {found.line}{f' of {notebook}' if notebook else ''}"


def _clipped(raised: str) -> str:
    lines = raised.splitlines()
    kept = (
        lines if len(lines) <= _RAISED_LINES else [*lines[:_RAISED_LINES], f"… {len(lines) - _RAISED_LINES} more lines"]
    )
    return "\n".join(line if len(line) <= 300 else f"{line[:299]}…" for line in kept)


def _from_module_on(frames: list[traceback.FrameSummary], package: Path) -> list[traceback.FrameSummary]:
    first = next((at for at, each in enumerate(frames) if _below(each.filename, package)), 0)
    return list(frames)[first:]


def _bounded(frames: list[traceback.FrameSummary], own: list[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    kept = own if len(own) <= _OWN_FRAMES else [*own[: _OWN_FRAMES // 2], *own[-_OWN_FRAMES // 2 :]]
    return kept if frames[-1] is own[-1] else [*kept, frames[-1]]


def _frame(frame: traceback.FrameSummary, root: Path, found: Origin | None) -> str:
    text = f"  {_short(frame.filename, root)}:{frame.lineno} in {frame.name}"
    text += f"   (cell {found.cell}, line {found.line})" if found else ""
    return f"{text}\n      {frame.line}" if frame.line else text


def _below(file: str, folder: Path) -> bool:
    inside = Path(file).is_relative_to(folder)
    return inside and "site-packages" not in Path(file).relative_to(folder).parts


def _short(file: str, root: Path) -> str:
    path = Path(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file
