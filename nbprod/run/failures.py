"""What a step raised, as an error that names the step, its module's line, and the notebook's cell."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from nbprod.errors import StepFailed

_CELLS = re.compile(r"\bcells? \d+(?:(?:, | and |–|-)\d+)*(?: of \S+\.ipynb)?")
_COMMENT = re.compile(r"\s*#.*?(cell \d+)")
_OWN_FRAMES = 8


def failed(error: BaseException, target: str, root: Path) -> StepFailed:
    """Return the failure of `package.step`: one line that places it, then the user's own traceback, bounded.

    Frames of nbprod above the user's module are left out, and of the libraries below it only the last stays.
    """
    package, _, step = target.partition(".")
    frames = _from_module_on(traceback.extract_tb(error.__traceback__), root / package)
    own = [each for each in frames if _below(each.filename, root)]
    raised = "".join(traceback.format_exception_only(error)).rstrip()
    headline = f"step {step!r} raised {type(error).__name__}"
    if not own:
        return StepFailed(f"{headline}\n{raised}", step=step)
    last = own[-1]
    place = f"{_short(last.filename, root)}, line {last.lineno}"
    cell = cell_of(Path(last.filename), last.lineno or 0)
    lines = [_frame(each, root) for each in _bounded(frames, own)]
    message = "\n".join([f"{headline} at {place}{f' ({cell})' if cell else ''}", *lines, f"  {raised}"])
    return StepFailed(message, step=step)


def cell_of(module: Path, line: int) -> str:
    """Return which cell of the notebook a line of a generated module came from, "" when the module doesn't say.

    A comment above the line that names a cell wins over the module's docstring.
    """
    try:
        lines = module.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    whole = _CELLS.search("\n".join(lines[:10]))
    near = next((found for each in reversed(lines[:line]) if (found := _COMMENT.match(each))), None)
    if near is None or whole is None:
        return whole[0] if whole else ""
    return near[1] + (f" of {whole[0].rpartition(' of ')[2]}" if " of " in whole[0] else "")


def _from_module_on(frames: list[traceback.FrameSummary], package: Path) -> list[traceback.FrameSummary]:
    first = next((at for at, each in enumerate(frames) if _below(each.filename, package)), 0)
    return list(frames)[first:]


def _bounded(frames: list[traceback.FrameSummary], own: list[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    kept = own if len(own) <= _OWN_FRAMES else [*own[: _OWN_FRAMES // 2], *own[-_OWN_FRAMES // 2 :]]
    return kept if frames[-1] is own[-1] else [*kept, frames[-1]]


def _frame(frame: traceback.FrameSummary, root: Path) -> str:
    text = f"  {_short(frame.filename, root)}:{frame.lineno} in {frame.name}"
    return f"{text}\n      {frame.line}" if frame.line else text


def _below(file: str, folder: Path) -> bool:
    inside = Path(file).is_relative_to(folder)
    return inside and "site-packages" not in Path(file).relative_to(folder).parts


def _short(file: str, root: Path) -> str:
    path = Path(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file
