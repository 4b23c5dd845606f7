"""All the files of an export, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.emit import tests
from nbprod.emit.definitions import definitions_module
from nbprod.emit.dvc import PATH as DVC
from nbprod.emit.dvc import Written, dvc_yaml
from nbprod.emit.fixtures import conftest
from nbprod.emit.modules import step_module
from nbprod.emit.package import folder_module, package_module
from nbprod.emit.params import PATH as PARAMS
from nbprod.emit.params import params_yaml
from nbprod.emit.plan import Plan, plan
from nbprod.emit.schemas import schema_module
from nbprod.model import faults
from nbprod.model.diagnostic import Diagnostic, ordered
from nbprod.model.files import File, Ownership

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbprod.model.graph import Graph
    from nbprod.model.record import Record

IGNORED = ("__pycache__", "*.pyc", ".nbprod")  # .nbprod keeps a copy of dvc.yaml, which is no pipeline of its own


@dataclass(frozen=True, slots=True)
class Emitted:
    """The files of an export, sorted by path, and what was found wrong with what stands there."""

    files: tuple[File, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


def files(
    graph: Graph,
    record: Record,
    *,
    package: str,
    samples: Mapping[str, bytes],
    standing: Mapping[str, str],
    base: Mapping[str, str] | None = None,
    extensions: Mapping[str, str] | None = None,
) -> Emitted:
    """Return all that export writes for a notebook; Python is not yet formatted.

    Args:
        graph: the notebook's steps.
        record: what an observed run saw of them.
        package: the name of the package to write.
        samples: the recorded samples, by the path that `record` has for them.
        standing: dvc.yaml, params.yaml and .dvcignore as they stand in the project, by path.
        base: the same, as the last export left them (`File.base`).
        extensions: the file extension of formats that other packages add, by the format's name.

    Raises:
        ProjectBroken: dvc.yaml or params.yaml can't be used as it is.
    """
    arranged = plan(graph, record, package, extensions or {})
    last = base or {}
    shared = {
        DVC: dvc_yaml(arranged, standing.get(DVC), last.get(DVC)),
        PARAMS: params_yaml(arranged, standing.get(PARAMS), last.get(PARAMS)),
        ".dvcignore": _ignore(standing.get(".dvcignore")),
    }
    texts = {path: text for path, text in _texts(arranged) if text}
    made = [File(path, text.encode()) for path, text in texts.items()]
    made += [
        File(path, each.text.encode(), Ownership.SHARED, each.base.encode() or None)
        for path, each in shared.items()
        if each.text
    ]
    made += [File(path, content, Ownership.REPLACED) for path, content in tests.sample_files(arranged, samples)]
    found = [one for each in shared.values() for one in each.diagnostics] + _without_replay(arranged)
    return Emitted(tuple(sorted(made, key=lambda each: each.path)), ordered(found))


def _texts(arranged: Plan) -> Iterable[tuple[str, str]]:
    name = arranged.package
    schemas = {each.name: schema_module(each, arranged) for each in arranged.steps}
    yield f"{name}/__init__.py", package_module(arranged)
    yield f"{name}/steps/__init__.py", folder_module(f"The steps of {arranged.notebook}, one module each.")
    yield f"{name}/definitions.py", definitions_module(arranged)
    if any(schemas.values()):
        doc = "What the steps make, as pandera models: one module a step."
        yield f"{name}/schemas/__init__.py", folder_module(doc)
    yield f"tests/{name}/conftest.py", conftest(arranged)
    for each in arranged.steps:
        yield f"{name}/steps/{each.name}.py", step_module(each, arranged)
        yield f"{name}/schemas/{each.name}.py", schemas[each.name]
        yield f"tests/{name}/test_{each.name}.py", tests.test_module(each, arranged)


def _ignore(standing: str | None) -> Written:
    """Return .dvcignore with the lines that it lacks."""
    lines = (standing or "").splitlines()
    lacking = [line for line in IGNORED if line not in lines]
    if not lacking:
        return Written(standing or "", "")
    text = standing or ""
    if text and not text.endswith("\n"):
        text += "\n"
    return Written(text + "\n".join(lacking) + "\n", "")


def _without_replay(arranged: Plan) -> list[Diagnostic]:
    return [
        faults.NO_REPLAY.at(each.step.cells[-1] if each.step.cells else None, step=each.name, problem=why)
        for each in arranged.steps
        if (why := tests.no_replay(each))
    ]
