"""What is kept of a run besides its notebook: the values that its steps declare. Called where the notebook ran."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbprod.errors import ValueUnstorable
from nbprod.values import save, write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

METRICS = "metrics.json"
OUTPUTS = "outputs"


def code(folder: Path, wanted: Sequence[tuple[str, str]]) -> str:
    """Return the hidden code that ends a notebook: it keeps what is wanted, pairs of a name and its role."""
    module = "__import__('nbprod.run.batches.keeping', fromlist=['keep'])"
    return f"{module}.keep(get_ipython().user_ns, {str(folder)!r}, {list(wanted)!r})"


def keep(namespace: Mapping[str, Any], folder: str, wanted: Sequence[tuple[str, str]]) -> None:
    """Store the wanted values in `folder/outputs` and the metrics' numbers in `folder/metrics.json`.

    Raises:
        ValueUnstorable: The notebook did not make one, or no format holds it.
    """
    numbers = {}
    for name, role in wanted:
        if name not in namespace:
            raise ValueUnstorable(f"{name!r} is declared, but no cell made it", hint="Assign it, or don't declare it.")
        saved = save(namespace[name], Path(folder) / OUTPUTS, name, role=role)
        if role == "metric":
            numbers[name] = flat(json.loads(saved.path.read_text(encoding="utf-8")), name)
    write_whole(Path(folder) / METRICS, json.dumps(numbers, indent=2, ensure_ascii=False).encode())


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
