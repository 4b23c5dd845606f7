"""What live steps showed, kept in the project's record: so that analysis knows it without another run."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nbprod.errors import WriteFailed
from nbprod.model.record import Record
from nbprod.record import load, merge, save
from nbprod.record.world import packages, star_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.model.graph import Graph
    from nbprod.model.record import StepSeen
    from nbprod.project.place import Place


def keep(place: Place, graph: Graph, seen: StepSeen, parameters: Mapping[str, str]) -> bool:
    """Keep what was seen of a step whose code the record does not know yet; return whether it was kept.

    A recorded run of the same code knows more than a live one, its formats and samples, and stands. A project whose
    disk refuses loses nothing but this.
    """
    recorded = load(place.record_file) or _begun(place, graph, parameters)
    known = recorded.step(seen.step)
    if known is not None and known.code_id == seen.code_id:
        return False
    try:
        save(merge(recorded, seen), place.record_file)
    except (WriteFailed, OSError):
        return False
    return True


def _begun(place: Place, graph: Graph, parameters: Mapping[str, str]) -> Record:
    sources = [each.python for step in graph.steps for each in step.blocks]
    sources += [each.source for step in graph.steps for each in step.definitions]
    return Record(
        notebook=place.relative,
        recorded=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        packages=packages(sources),
        parameters=tuple(parameters.items()),
        star_names=star_names(sources),
    )
