"""dvc.yaml: our stages among those that stand there, with what people changed in ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.emit import yamls
from nbprod.emit.stages import is_ours, stage
from nbprod.errors import ProjectBroken
from nbprod.model import faults

if TYPE_CHECKING:
    from nbprod.emit.plan import Plan
    from nbprod.model.diagnostic import Diagnostic

PATH = "dvc.yaml"
LISTS = ("deps", "params", "outs", "metrics", "plots")


@dataclass(frozen=True, slots=True)
class Written:
    """A shared file as it shall stand, our own part of it, and what was found wrong."""

    text: str
    base: str
    diagnostics: tuple[Diagnostic, ...] = ()


def dvc_yaml(plan: Plan, standing: str | None, base: str | None) -> Written:
    """Return dvc.yaml with the plan's stages; all else in it stays as it is.

    Of each stage of ours, what a person changed since `base` (what we last wrote) is kept.

    Raises:
        ProjectBroken: the file that stands there can't be used.
    """
    new = {each.name: stage(each, plan) for each in plan.steps}
    tree = yamls.parse(standing or "", PATH)
    before = yamls.plain(tree)
    last = _stages(yamls.last(base))
    stages = tree.get("stages") or _new_map({})
    if not isinstance(stages, dict):
        raise ProjectBroken(f"{PATH}: 'stages' is no mapping", hint="Mend it; the file was left as it is")
    tree["stages"] = stages
    found = _update(stages, new, last, plan)
    text = yamls.written(tree, before, standing)
    own = {name: body for name, body in last.items() if not is_ours(body.get("cmd"), plan.package)} | new
    return Written(text, yamls.as_base({"stages": own}), tuple(found))


def _stages(tree: Any) -> dict[str, Any]:
    stages = tree.get("stages")
    return stages if isinstance(stages, dict) else {}


def _update(stages: Any, new: dict[str, Any], last: dict[str, Any], plan: Plan) -> list[Diagnostic]:
    found = []
    for name in [name for name in stages if name not in new]:
        body = yamls.plain(stages[name])
        if isinstance(body, dict) and is_ours(body.get("cmd"), plan.package):
            if body == last.get(name):
                del stages[name]
            else:
                found.append(faults.STAGE_LEFT.at(None, stage=name))
    for name, body in new.items():
        if name not in stages:
            stages[name] = _new_map(body)
        elif not isinstance(stages[name], dict) or not is_ours(stages[name].get("cmd"), plan.package):
            found.append(faults.STAGE_TAKEN.at(_cell(name, plan), stage=name, cmd=_command(stages[name])))
        else:
            _merge(stages[name], last.get(name, {}), body)
    return found


def _command(body: Any) -> str:
    return str(body.get("cmd", "a foreach or matrix stage")) if isinstance(body, dict) else str(body)


def _cell(name: str, plan: Plan) -> int | None:
    cells = plan.step(name).step.cells
    return cells[0] if cells else None


def _merge(mine: Any, last: dict[str, Any], new: dict[str, Any]) -> None:
    """Bring a stage up to date: where a person changed it since `last`, theirs stands."""
    for key in dict.fromkeys((*new, *last)):
        if key in LISTS:
            _merge_list(mine, key, last.get(key) or [], new.get(key) or [])
        elif key not in new:
            if yamls.plain(mine.get(key)) == last[key]:
                mine.pop(key, None)
        elif key not in mine:
            if key not in last:
                _insert(mine, key, new[key])
        elif yamls.plain(mine[key]) == last.get(key):
            mine[key] = _new(new[key])


def _merge_list(mine: Any, key: str, last: list[Any], new: list[Any]) -> None:
    """Entries are told apart by their path: added, dropped or changed on one side, the other keeps its own."""
    known, wanted = _by_path(last), _by_path(new)
    entries = mine.get(key)
    if not isinstance(entries, list):
        entries = []
    standing = _by_path(yamls.plain(entries))
    for number in range(len(entries) - 1, -1, -1):
        path, options = _entry(yamls.plain(entries[number]))
        if path not in known or options != known[path]:
            continue  # a person added or changed it
        if path not in wanted:
            del entries[number]
        elif options != wanted[path]:
            entries[number] = _new({path: wanted[path]} if wanted[path] else path)
    for path, options in wanted.items():
        if path not in standing and path not in known:
            _place(entries, path, options)
    if entries and key not in mine:
        _insert(mine, key, _new_list(entries))
    elif not entries:
        mine.pop(key, None)


def _place(entries: Any, path: str, options: Any) -> None:
    """Put an entry where the order of the alphabet has it, if the others follow it; else last."""
    entry = _new({path: options} if options else path)
    names = [_entry(yamls.plain(each))[0] for each in entries]
    at = next((number for number, name in enumerate(names) if name > path), len(names))
    if names == sorted(names):
        entries.insert(at, entry)
    else:
        entries.append(entry)


def _by_path(entries: list[Any]) -> dict[str, Any]:
    return dict(map(_entry, entries))


def _entry(entry: Any) -> tuple[str, Any]:
    """The path of a list's entry and its options: None for a bare path."""
    if isinstance(entry, dict) and len(entry) == 1:
        path, options = next(iter(entry.items()))
        return str(path), options
    return str(entry), None


ORDER = ("desc", "cmd", "deps", "params", "outs", "metrics", "plots")


def _insert(mine: Any, key: str, value: Any) -> None:
    """Add a key where a stage has it by custom."""
    later = ORDER[ORDER.index(key) + 1 :] if key in ORDER else ()
    keys = list(mine)
    at = next((number for number, each in enumerate(keys) if each in later), len(keys))
    if hasattr(mine, "insert"):
        mine.insert(at, key, _new(value))
    else:
        mine[key] = _new(value)


def _new(value: Any) -> Any:
    if isinstance(value, dict):
        return _new_map(value)
    return _new_list(value) if isinstance(value, list) else value


def _new_map(value: dict[str, Any]) -> Any:
    from ruamel.yaml.comments import CommentedMap

    return CommentedMap((key, _new(each)) for key, each in value.items())


def _new_list(value: list[Any]) -> Any:
    from ruamel.yaml.comments import CommentedSeq

    return value if isinstance(value, CommentedSeq) else CommentedSeq(_new(each) for each in value)
