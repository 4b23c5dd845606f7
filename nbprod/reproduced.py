"""What `nbprod repro` and `nbprod status` print: as text for people, as JSON for machines. Nothing here prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nbprod.project.reproducing import Planned, StageState

_MARKS = {"fresh": ("·", "green"), "stale": ("×", "yellow"), "follows": ("↓", "cyan")}


def planned(found: Planned, *, all_stages: bool = True) -> str:
    """Return a line for each stage, fresh or not and why, and a last one that counts them."""
    shown = [each for each in found.stages if all_stages or each.state != "fresh"]
    width = max((len(each.name) for each in shown), default=0)
    return "\n".join([*(_line(each, width) for each in shown), f"  {_counted(found)}"])


def planned_json(found: Planned) -> str:
    """Return the stages with their states and reasons as JSON."""
    stages = [
        {
            "name": each.name,
            "state": each.state,
            "frozen": each.frozen,
            "reasons": [{"kind": why.kind, "what": why.what, "how": why.how, "text": str(why)} for why in each.reasons],
        }
        for each in found.stages
    ]
    return json.dumps(
        {"fresh": found.fresh, "stale": list(found.stale), "stages": stages}, indent=2, ensure_ascii=False
    )


def _line(each: StageState, width: int) -> str:
    mark, colour = _MARKS[each.state]
    why = "; ".join(map(str, each.reasons)) or "fresh"
    return f"  {click.style(mark, fg=colour)} {each.name.ljust(width)}  {why}{' (frozen)' if each.frozen else ''}"


def _counted(found: Planned) -> str:
    counts = {state: sum(each.state == state for each in found.stages) for state in _MARKS}
    if found.fresh:
        return f"all {counts['fresh']} fresh: nothing to do" if found.stages else "no stages"
    words = {"fresh": "fresh", "stale": "stale", "follows": "follow"}
    return ", ".join(f"{count} {words[state]}" for state, count in counts.items() if count)
