"""What `nbprod repro` and `nbprod status` print: as text for people, as JSON for machines. Nothing here prints."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.project.reproducing import Planned, Reproduced, StageState
    from nbprod.repro.outcomes import Outcome
    from nbprod.repro.verdicts import Reason

ENDINGS = ("ran", "cached", "checked", "failed", "skipped", "fresh")
LAST_LINES = 20  # of what a failed stage printed
_MARKS = {"fresh": ("·", "green"), "stale": ("×", "yellow"), "follows": ("↓", "cyan")}


def planned(found: Planned, *, all_stages: bool = True) -> str:
    """Return a line for each stage, fresh or not and why, and a last one that counts them."""
    shown = [each for each in found.stages if all_stages or each.state != "fresh"]
    lacking = [(step.partition(".")[2], where) for step, where in found.lacking]
    width = max(map(len, [*(each.name for each in shown), *(name for name, _ in lacking)]), default=0)
    lines = [_line(each, width) for each in shown]
    lines += [
        f"  {click.style('+', fg='yellow')} {name.ljust(width)}  not exported: {where}" for name, where in lacking
    ]
    lines.append(f"  {_counted(found)}")
    late = [*(each.behind for each in found.stages if each.behind), *(where for _, where in lacking)]
    notebooks = dict.fromkeys(each.rpartition(", cell")[0] for each in late)
    lines += [f"  the notebook has changed since its export: nbprod export {shlex.quote(each)}" for each in notebooks]
    return "\n".join(lines)


def brief(found: Planned) -> str:
    """Return in one line which stages of a notebook's steps are not fresh, and which are behind their cells.

    >>> from nbprod.project.reproducing import Planned, StageState
    >>> brief(Planned((StageState("clean", "stale", behind="shop.ipynb, cell 4"), StageState("load", "fresh"))))
    'dvc.yaml: clean is stale; behind the notebook: clean (nbprod export)'
    """
    by_state = {state: [each.name for each in found.stages if each.state == state] for state in ("stale", "follows")}
    said = [f"{', '.join(names)} {_are(names, state)}" for state, names in by_state.items() if names]
    late = [each.name for each in found.stages if each.behind]
    said += [f"behind the notebook: {', '.join(late)} (nbprod export)"] if late else []
    new = [step.partition(".")[2] for step, _ in found.lacking]
    said += [f"not exported: {', '.join(new)} (nbprod export)"] if new else []
    return f"dvc.yaml: {'; '.join(said) or 'all stages are fresh'}" if found.stages else ""


def _are(names: Sequence[str], state: str) -> str:
    one = len(names) == 1
    return f"{'follows' if one else 'follow'}" if state == "follows" else f"{'is' if one else 'are'} stale"


def planned_json(found: Planned) -> str:
    """Return the stages with their states and reasons as JSON."""
    stages = [
        {
            "name": each.name,
            "state": each.state,
            "frozen": each.frozen,
            "step": each.target,
            "behind": each.behind,
            "reasons": [
                {"kind": why.kind, "what": why.path or why.what, "how": why.how, "text": str(why)}
                for why in each.reasons
            ],
        }
        for each in found.stages
    ]
    lacking = [{"step": step, "where": where} for step, where in found.lacking]
    whole = {"fresh": found.fresh, "stale": list(found.stale), "stages": stages, "lacking": lacking}
    return json.dumps(whole, indent=2, ensure_ascii=False)


def _line(each: StageState, width: int) -> str:
    mark, colour = _MARKS[each.state]
    why = _listed(each.reasons) or "fresh"
    if each.behind:
        why += f"; {click.style('behind its cells', fg='yellow')}: {each.behind}"
    return f"  {click.style(mark, fg=colour)} {each.name.ljust(width)}  {why}{' (frozen)' if each.frozen else ''}"


def _listed(reasons: Sequence[Reason]) -> str:
    """Return the reasons in one line; what happened to several paths is said once.

    >>> from nbprod.repro.verdicts import Reason
    >>> _listed([Reason("dep", "a", "changed"), Reason("out", "b", "missing"), Reason("dep", "c", "changed")])
    'dep changed: a, c; out missing: b'
    """
    alike: dict[tuple[str, str], list[Reason]] = {}
    for each in reasons:
        several = each.kind in ("dep", "out", "upstream")
        alike.setdefault((each.kind, each.how if several else str(each)), []).append(each)
    return "; ".join(str(replace(each[0], what=", ".join(one.what for one in each))) for each in alike.values())


def _counted(found: Planned) -> str:
    counts = {state: sum(each.state == state for each in found.stages) for state in _MARKS}
    if found.fresh:
        return f"all {counts['fresh']} fresh: nothing to do" if found.stages else "no stages"
    words = {"fresh": "fresh", "stale": "stale", "follows": "follow"}
    return ", ".join(f"{count} {words[state]}" for state, count in counts.items() if count)


def reproduced(found: Reproduced) -> str:
    """Return a line that counts how the stages ended, one on what was put back, and what to give git."""
    counts: Counter[str] = Counter(each.ending for each in found.outcomes)
    parts = [f"{counts[ending]} {ending}" for ending in ENDINGS if counts[ending]]
    if set(counts) <= {"fresh"}:
        parts = [f"all {counts['fresh']} fresh: nothing to do" if counts else "no stages"]
    lines = [f"  put back what a killed run had moved aside: {path}" for path in found.recovered]
    lines.append(f"  {', '.join(parts)} in {seconds(found.seconds)}")
    if found.changed:
        lines.append(f"  git add {shlex.join(found.changed)}")
    return "\n".join(lines)


def reproduced_json(found: Reproduced) -> str:
    """Return how each stage ended as JSON."""
    stages = [
        {
            "name": each.name,
            "ending": each.ending,
            "reasons": [str(why) for why in each.reasons],
            "seconds": round(each.seconds, 3),
            "peak_bytes": each.peak,
            **({"message": each.message, "log": list(each.log)} if each.message else {}),
        }
        for each in found.outcomes
    ]
    whole = {"good": found.good, "seconds": round(found.seconds, 3), "changed": list(found.changed), "stages": stages}
    return json.dumps(whole, indent=2, ensure_ascii=False)


def ended(outcome: Outcome) -> str:
    """Return how a stage ended, as one line; after a failure, the end of what it printed too."""
    if outcome.ending == "skipped":
        return f"{click.style('–', fg='yellow')} {outcome.name}  skipped: it needs a stage that failed"
    if outcome.ending == "failed":
        return "\n".join([f"{click.style('✗', fg='red')} {outcome.name}  {outcome.message}", *_log(outcome)])
    name = f"{click.style('✓', fg='green')} {outcome.name}"
    words = {"ran": "ran", "cached": "taken from the cache", "checked": "outputs taken in"}
    memory = f", {megabytes(outcome.peak)}" if outcome.peak else ""
    why = _listed(outcome.reasons)
    return f"{name}  {words[outcome.ending]}, {seconds(outcome.seconds)}{memory} ({why})"


def _log(outcome: Outcome) -> list[str]:
    return [f"    {line}" for line in outcome.log[-LAST_LINES:]]


def seconds(value: float) -> str:
    """Return a duration as people say it.

    >>> seconds(0.0123), seconds(12.34), seconds(100)
    ('12 ms', '12.3 s', '1:40')
    """
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 60 else f"{int(value) // 60}:{int(value) % 60:02}"


def megabytes(value: int) -> str:
    """Return a number of bytes in megabytes.

    >>> megabytes(123_456_789)
    '123 MB'
    """
    return f"{value / 1e6:.0f} MB"
