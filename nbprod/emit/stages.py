"""What each step is to DVC: a stage, with the files that it needs and makes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nbprod.emit import source
from nbprod.emit.docstrings import cells
from nbprod.emit.plots import drawn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbprod.emit.plan import Plan, StepPlan

EXTENSIONS = {
    "parquet": "parquet", "npy": "npy", "npz": "npz", "text": "txt", "bytes": "bin", "json": "json", "joblib": "joblib",
    "pickle": "pkl", "cloudpickle": "cloudpickle.pkl", "png": "png", "svg": "svg", "csv": "csv", "metrics": "json",
}  # fmt: skip
# DVC deletes a stage's outputs before it runs, and `nbprod step` gives them back if it fails. Files that a step writes
# itself persist, for it may add to what is there; DVC then keeps no run of the stage.
UNCACHED = {"cache": False}
OWN = {"cache": False, "persist": True}


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that holds one value of a step, or several that share objects; `role` is out, metric or plot."""

    path: str
    names: tuple[str, ...]
    role: str = "out"


def stored(step: StepPlan, plan: Plan) -> tuple[Stored, ...]:
    """The files of a step's values, in the order of its outputs."""
    names = tuple(dict.fromkeys((*step.step.outputs, *_declared(step))))
    files = []
    done: set[str] = set()
    for name in names:
        if name in done:
            continue
        group = _group(name, step) or (name,)
        done.update(group)
        files.append(_stored(group, step, plan))
    return tuple(files)


def _declared(step: StepPlan) -> tuple[str, ...]:
    mark = step.step.mark
    return tuple(each for each in (*mark.outs, *mark.metrics, *mark.plots) if each in step.returns)


def _group(name: str, step: StepPlan) -> tuple[str, ...]:
    mark = step.step.mark
    groups = step.seen.together if step.seen else ()
    alone = {*mark.metrics, *mark.plots}
    found = next((each for each in groups if name in each), ())
    kept = tuple(each for each in found if each not in alone and each in step.step.outputs)
    return kept if name in kept and len(kept) > 1 else ()


def _stored(group: tuple[str, ...], step: StepPlan, plan: Plan) -> Stored:
    name = group[0]
    seen = step.seen.value(name) if step.seen else None
    form = seen.format if seen else ""
    role = _role(name, step)
    if role == "metric":
        extension = "json"
    elif role == "plot":
        extension = _plot_extension(form, seen.type if seen else "", framed=bool(seen and seen.frame))
    elif len(group) > 1:
        extension = form if form in ("pickle", "cloudpickle") else "joblib"
        extension = EXTENSIONS.get(extension, extension)
    else:
        extension = {**EXTENSIONS, **plan.extensions}.get(form, form or "pkl")
    return Stored(f"data/{step.name}/{'+'.join(group)}.{extension}", group, role)


def _plot_extension(form: str, type_name: str, *, framed: bool) -> str:
    if framed or type_name.endswith(("Series", "ndarray")):
        return "csv"
    if form in ("svg", "png", "csv"):
        return form
    return "json" if type_name in ("dict", "list") else "png"


def _role(name: str, step: StepPlan) -> str:
    mark = step.step.mark
    return "metric" if name in mark.metrics else "plot" if name in mark.plots else "out"


def stage(step: StepPlan, plan: Plan) -> dict[str, Any]:
    """The stage of a step as dvc.yaml holds it."""
    made = stored(step, plan)
    found: dict[str, Any] = {
        "desc": f"{source.title(step.name)} ({plan.notebook}, {cells(step.step.cells)})",
        "cmd": f"nbprod step {plan.package}.{step.name}",
        "deps": sorted({*_fed(step, plan), *_code(step, plan), *_read(step, plan)}),
        "params": [f"{plan.package}.{name}" for name in sorted(step.step.parameters)],
        "outs": [each.path for each in made if each.role == "out"]
        + [{path: dict(OWN)} for path in _written(step, plan)],
        "metrics": [{each.path: dict(UNCACHED)} for each in made if each.role == "metric"],
        "plots": [{each.path: UNCACHED | drawn(each.names[0], step)} for each in made if each.role == "plot"]
        + [{f"data/{step.name}/figures": dict(UNCACHED)}] * step.displays,
    }
    return {key: value for key, value in found.items() if value}


def _fed(step: StepPlan, plan: Plan) -> Iterable[str]:
    """The files that hold the step's inputs."""
    for each in step.step.inputs:
        maker = plan.step(each.maker)
        yield from (one.path for one in stored(maker, plan) if each.name in one.names)


def _code(step: StepPlan, plan: Plan) -> Iterable[str]:
    """The modules that the step's function imports."""
    yield f"{plan.package}/steps/{step.name}.py"
    if step.shared:
        yield f"{plan.package}/definitions.py"
    makers = {each.maker for each in step.step.inputs if (each.maker, each.name) in plan.schemas}
    makers |= {step.name} if any((step.name, name) in plan.schemas for name in step.returns) else set()
    for maker in makers:
        yield f"{plan.package}/schemas/{maker}.py"


def _read(step: StepPlan, plan: Plan) -> Iterable[str]:
    """Files and folders of the project that the step was seen to read, and that neither it nor a later step writes.

    A folder that it looks into after it has written there is its own doing, and one that a later step fills can't come
    before it: DVC takes a pipeline with either for a circle.
    """
    if step.seen is None:
        return
    earlier = {each.name for each in plan.steps[: plan.steps.index(step)]}
    later = [path for path, writer in plan.writers.items() if writer not in earlier]
    written = step.seen.files_written
    filled = {str(parent) for path in (*later, *written) for parent in PurePosixPath(path).parents}
    own = {plan.notebook, "dvc.yaml", "dvc.lock", "params.yaml", *written, *filled}
    for path in step.seen.files_read:
        if path not in own and _inside(path, plan):
            yield path


def _inside(path: str, plan: Plan) -> bool:
    parts = PurePosixPath(path).parts
    return (
        bool(parts) and not path.startswith(("/", "..")) and parts[0] not in (".nbprod", ".dvc", ".git", plan.package)
    )


def _written(step: StepPlan, plan: Plan) -> list[str]:
    """Files of the project that the step writes itself: the first step that writes one has it as its output."""
    if step.seen is None:
        return []
    first = (path for path in step.seen.files_written if plan.writers[path] == step.name)
    mine = (path for path in first if _inside(path, plan))
    return sorted(set(mine) - {each.path for each in stored(step, plan)})


def is_ours(command: object, package: str) -> bool:
    """Whether a stage's cmd runs a step of the package, however it is spelled.

    >>> is_ours("python -m nbprod step flights.clean", "flights"), is_ours("python clean.py", "flights")
    (True, False)
    """
    text = " ".join(map(str, command)) if isinstance(command, list) else str(command)
    return re.search(rf"\bnbprod\s+step\s+(\S+\s+)*?['\"]?{re.escape(package)}\.\w+", text) is not None
