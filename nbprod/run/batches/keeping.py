"""What is kept of a run besides its notebook: the values that its steps declare. Called where the notebook ran."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbprod.errors import ValueUnstorable
from nbprod.values import save, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

METRICS = "metrics.json"
OUTPUTS = "outputs"
NOTES = "notes.json"


def keep(value_of: Callable[[str], Any], folder: str, wanted: Iterable[tuple[str, str]]) -> None:
    """Store the wanted values (name, role) in `folder/outputs`, and the metrics' numbers in `folder/metrics.json`.

    Raises:
        ValueUnstorable: The notebook did not make one, or no format holds it.
    """
    numbers = {}
    for name, role in wanted:
        saved = save(_made(value_of, name), Path(folder) / OUTPUTS, name, role=role)
        if role == "metric":
            numbers[name] = flat(json.loads(saved.path.read_text(encoding="utf-8")), name)
    write_whole(Path(folder) / METRICS, json.dumps(numbers, indent=2, ensure_ascii=False).encode())


def _made(value_of: Callable[[str], Any], name: str) -> Any:
    try:
        return value_of(name)
    except KeyError as error:
        hint = "Assign it, or don't declare it."
        raise ValueUnstorable(f"{name!r} is declared, but no cell made it", hint=hint) from error


def note(folder: str, notes: Iterable[str]) -> None:
    """Leave word of what a person should know of the run."""
    (Path(folder) / NOTES).write_text(json.dumps(list(notes), ensure_ascii=False), encoding="utf-8")


def noted(folder: Path) -> tuple[str, ...]:
    """Return the notes that were left in the folder, and take them away."""
    path = folder / NOTES
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    path.unlink(missing_ok=True)
    return tuple(found)


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """Return a metric's values by their path in it; one that is no dict has the metric's own name. Lists are left out.

    >>> flat({"model": {"auc": 0.72}, "rows": 3}, "metrics"), flat(0.5, "loss")
    ({'model.auc': 0.72, 'rows': 3}, {'loss': 0.5})
    """
    if isinstance(value, list):
        return {}
    if not isinstance(value, dict):
        return {name: value}
    found: dict[str, Any] = {}
    for key, each in value.items():
        found |= {f"{key}.{path}" if path else key: inner for path, inner in flat(each).items()}
    return found
