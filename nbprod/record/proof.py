"""How each output is stored: tried out on the real value, so that export need not hope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.errors import NbprodError
from nbprod.values import save

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from nbprod.model.graph import Step

Formats = dict[str, tuple[str, str]]


class Proof:
    """Stores a step's outputs below `folder/<step>/` and says in which format each came back unchanged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, step: Step, values: Mapping[str, Any], together: Iterable[tuple[str, ...]]) -> Formats:
        """The (format, why it can't be stored) of each output; one of the two is ""."""
        groups = {name: group for group in together for name in group}
        formats: Formats = {}
        for name, value in values.items():
            if name in formats:
                continue
            group = groups.get(name, (name,))
            held = value if len(group) == 1 else {each: values[each] for each in group}
            found = self._tried(step, "+".join(group), held)
            formats.update(dict.fromkeys(group, found))
        return formats

    def _tried(self, step: Step, stem: str, value: Any) -> tuple[str, str]:
        try:
            return save(value, self._folder / step.name, stem, role=role_of(step, stem)).format, ""
        except NbprodError as error:
            return "", str(error)
        except Exception as error:  # noqa: BLE001  (a value's own code can raise anything)
            return "", f"{stem!r} can't be stored: {type(error).__name__}: {error}"


def role_of(step: Step, name: str) -> str:
    """What the output is declared as: "metric", "plot", or else "out"."""
    if name in step.mark.metrics:
        return "metric"
    return "plot" if name in step.mark.plots else "out"
