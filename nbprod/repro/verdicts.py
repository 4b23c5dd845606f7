"""Why a stage must run: what it was made from, beside what is there now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from nbprod.repro.stages import Stage

Kind = Literal["never", "always", "cmd", "params", "dep", "code", "out", "upstream", "forced"]
State = Literal["fresh", "stale", "follows"]
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that has changed: of which kind, what (a path, a key), and how.

    `path` is the dep's, where `what` says more to people.
    """

    kind: Kind
    what: str = ""
    how: str = ""
    path: str = ""

    def __str__(self) -> str:
        return _TEXTS[self.kind].format(what=self.what, how=self.how)


_TEXTS: dict[Kind, str] = {
    "never": "never run",
    "always": "runs always",
    "cmd": "command changed",
    "params": "params: {what} {how}",
    "dep": "dep {how}: {what}",
    "code": "code: {what}",
    "out": "out {how}: {what}",
    "upstream": "after {what}",
    "forced": "forced",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a stage is fresh, stale, or follows a stale one (and runs if that makes something new), and why."""

    stage: Stage
    state: State
    reasons: tuple[Reason, ...] = ()


def shortened(value: Any) -> str:
    """Return the value in one short line.

    >>> shortened([1, 2]), shortened("x" * 99)[-3:]
    ('[1, 2]', 'xx…')
    """
    text = str(value) if not isinstance(value, str) or (value.isprintable() and value) else repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
