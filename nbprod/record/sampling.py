"""Small copies of what each step gets, taken before it runs, to run it again on them."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbprod.values import duplicate, sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.model.graph import Step

LARGEST = 256 * 1024  # bytes, pickled, of a value that is kept whole


class TooLargeError(Exception):
    """Raised while pickling, so that a model of gigabytes isn't copied to learn that it is large."""


class _Bounded:
    """A file that refuses what is too large."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def write(self, data: Any) -> int:
        """Take in some bytes; TooLargeError when they are too many."""
        content = bytes(data)
        self.size += len(content)
        if self.size > LARGEST:
            raise TooLargeError
        self.parts.append(content)
        return len(content)


@dataclass(slots=True)
class Taken:
    """What was taken of one step's inputs: `values`, and the names whose value its maker's replay has to give.

    `whole`: it is all of every input, so that a replay takes as long as the step. `fault` says why there can't be one.
    """

    values: dict[str, Any] = field(default_factory=dict)
    from_replay: tuple[str, ...] = ()
    fault: str = ""
    whole: bool = False


def take(step: Step, inputs: Mapping[str, Any]) -> Taken:
    """Take small copies of the step's inputs; the inputs stay as they are."""
    missing = [each.name for each in step.inputs if each.name not in inputs]
    if missing:
        return Taken(fault=f"'{missing[0]}' had no value when the step began")
    small = sample(inputs)
    large = tuple(name for name, value in small.items() if value is inputs[name] and not fits(value))
    kept = {name: value for name, value in small.items() if name not in large}
    whole = not large and all(value is inputs[name] for name, value in small.items())
    try:
        return Taken(duplicate(kept), large, whole=whole)
    except Exception as error:  # noqa: BLE001  (a value's own code can raise anything)
        return Taken(fault=f"its inputs can't be copied: {type(error).__name__}: {error}")


def fits(value: Any) -> bool:
    """Whether the value is small enough to be kept whole."""
    try:
        pickle.Pickler(_Bounded(), protocol=5).dump(value)
    except TooLargeError:
        return False
    except Exception:  # noqa: BLE001  (what can't be pickled may still be copied)
        return True
    return True
