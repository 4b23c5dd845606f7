"""Frames that a live step made, held to the project's exported schemas or to what was seen before."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nbprod.record.verdict import Verdict, compared

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import ModuleType

    from nbprod.model.record import StepSeen, ValueSeen
    from nbprod.project.place import Place


def verdicts(
    seen: StepSeen, values: Mapping[str, Any], before: StepSeen | None, place: Place | None
) -> tuple[Verdict, ...]:
    """Return one verdict for each frame that the step made: by its exported schema, or else by what was seen before."""
    models = exported(place.root / place.package / "schemas" / f"{seen.step}.py") if place else {}
    return tuple(_verdict(seen.step, each, values, models, before) for each in seen.outputs if each.frame is not None)


def _verdict(
    step: str, value: ValueSeen, values: Mapping[str, Any], models: Mapping[str, type[Any]], before: StepSeen | None
) -> Verdict:
    assert value.frame is not None
    model = next((models[each] for each in _class_names(step, value.name) if each in models), None)
    if model is not None:
        return _held(value.name, values[value.name], model)
    old = before.value(value.name) if before else None
    return compared(value.name, value.frame, old.frame if old else None)


def _class_names(step: str, value: str) -> tuple[str, ...]:
    """What export may have called the value's model, likeliest first."""
    from nbprod.emit.source import camel

    plain = camel(value)
    return plain, f"{plain}Frame", f"{camel(step)}{plain}"


def models(frames: Mapping[str, Any]) -> str:
    """Return the code of the pandera models that export would infer from these frames."""
    from nbprod.adapters import ruff
    from nbprod.emit.schemas import module
    from nbprod.emit.source import camel
    from nbprod.values import describe

    seen = {name: describe(name, frame).frame for name, frame in frames.items()}
    classes = [(camel(name), f"`{name}`.", frame) for name, frame in seen.items() if frame is not None]
    code = module(f"Inferred from {', '.join(seen)}.", classes)
    return ruff.format({"schemas.py": code})["schemas.py"]


def _held(name: str, frame: Any, model: type[Any]) -> Verdict:
    from nbprod.adapters import pandera

    try:
        failures = pandera.check(frame, model).failures
    except TypeError as error:
        return Verdict(name, known=True, differing=(str(error),))
    said = {each.column or name: f"{each.column or name} fails {each.check}" for each in reversed(failures)}
    return Verdict(name, known=True, differing=tuple(reversed(said.values())))


def exported(path: Path) -> dict[str, type[Any]]:
    """Return the schema classes of an exported module by name; none when there is no such file."""
    if not path.is_file():
        return {}
    module = _loaded(path, path.stat().st_mtime_ns)
    classes = {} if module is None else vars(module)
    return {
        name: each
        for name, each in classes.items()
        if isinstance(each, type) and hasattr(each, "to_schema") and each.__module__ == getattr(module, "__name__", "")
    }


@lru_cache(maxsize=64)
def _loaded(path: Path, _changed: int) -> ModuleType | None:
    """Load the module by its path, so that nothing is added to the kernel's sys.path."""
    spec = importlib.util.spec_from_file_location(f"_nbprod_schemas_{path.stem}", path)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception:  # noqa: BLE001  (a schema file under edit must not break the notebook's cell)
        return None
    return module
