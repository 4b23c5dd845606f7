"""From the tree of a resolved dvc.yaml, or of a .dvc file, to stages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from nbprod.repro.stages import PIPELINE, Dep, Out, Params, Role, Stage
from nbprod.repro.unsupported import LeftToDvc

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROLES: tuple[tuple[str, Role], ...] = (("outs", "out"), ("metrics", "metric"), ("plots", "plot"))
_KEYS = frozenset({
    "cmd", "wdir", "deps", "params", "outs", "metrics", "plots", "frozen", "always_changed", "desc", "meta", "vars",
})  # fmt: skip
_FLAGS = frozenset({"cache", "persist", "remote", "push", "desc", "type", "labels", "meta"})
_PLOT_FLAGS = frozenset({"template", "x", "y", "x_label", "y_label", "title", "header"})
_SOURCE_KEYS = frozenset({"outs", "wdir", "frozen", "meta", "desc", "md5"})
_TRACKED = frozenset({"md5", "hash", "size", "nfiles", "isexec", "path", "desc", "type", "labels", "meta", "remote"})
DEFAULT_PARAMS = "params.yaml"


def stage(name: str, body: Any, file: str, root: str) -> Stage:
    """Return the stage that a resolved entry of dvc.yaml describes; LeftToDvc where DVC may refuse it."""
    if not isinstance(body, dict) or not body.keys() <= _KEYS:
        raise LeftToDvc("pipeline", f"{file}: {name}")
    where = f"{file}: {name}"
    wdir = os.path.abspath(os.path.join(os.path.dirname(file), _text(body.get("wdir", "."), where)))
    if not os.path.isdir(wdir):
        raise LeftToDvc("pipeline", f"{where}: no folder {wdir}")
    found = Stage(
        file,
        name,
        wdir,
        _command(body.get("cmd"), where),
        tuple(_dep(_text(each, where), wdir, root, where) for each in _listed(body, "deps", where)),
        tuple(_params(_listed(body, "params", where), wdir, where)),
        tuple(out for key, role in _ROLES for out in _outs(_listed(body, key, where), role, wdir, root, where)),
        frozen=_flag(body, "frozen", where),
        always=_flag(body, "always_changed", where),
    )
    _distinct(found, where)
    return found


def source(tree: Any, file: str, root: str) -> tuple[Stage, dict[str, Any]]:
    """Return the source that a .dvc file describes, and what it says of its outs, as a lock would."""
    if not isinstance(tree, dict) or "deps" in tree:
        raise LeftToDvc("import", file)
    if "cmd" in tree or not tree.keys() <= _SOURCE_KEYS or "md5" in tree:
        raise LeftToDvc("single-stage", file)
    wdir = os.path.abspath(os.path.join(os.path.dirname(file), _text(tree.get("wdir") or ".", file)))
    listed = _listed(tree, "outs", file)
    outs = tuple(_tracked(each, wdir, root, file) for each in listed)
    frozen = _flag(tree, "frozen", file)
    return Stage(file, "", wdir, outs=outs, frozen=frozen), {"outs": [dict(each) for each in listed]}


def _tracked(entry: Any, wdir: str, root: str, file: str) -> Out:
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        raise LeftToDvc("pipeline", file)
    flags = {"cache", "persist", "push", "metric", "plot"}
    if not entry.keys() <= _TRACKED | flags:
        raise LeftToDvc("cloud-versioned", file)
    if entry.get("hash") != "md5":
        raise LeftToDvc("legacy-hash", file)
    path, full = _placed(entry["path"], wdir, root, file)
    _inside(full, root, file)
    return Out(path, full, cache=_flag(entry, "cache", file, default=True), persist=_flag(entry, "persist", file))


def _command(cmd: Any, where: str) -> str | tuple[str, ...]:
    if isinstance(cmd, str) and cmd.strip():
        return cmd
    if isinstance(cmd, list) and cmd and all(isinstance(each, str) for each in cmd):
        return tuple(cmd)
    raise LeftToDvc("command", where)


def _dep(path: str, wdir: str, root: str, where: str) -> Dep:
    if path.startswith("ds://"):
        raise LeftToDvc("dataset", where)
    if path.endswith(".dvc") or os.path.basename(path) == PIPELINE:
        raise LeftToDvc("pipeline", f"{where}: {path} as a dep")
    return Dep(*_placed(path, wdir, root, where))


def _params(listed: list[Any], wdir: str, where: str) -> Iterator[Params]:
    whole = {path for each in listed if isinstance(each, dict) for path, keys in each.items() if not keys}
    keys_of: dict[str, list[str]] = {}
    for each in listed:
        if isinstance(each, str) and DEFAULT_PARAMS not in whole:
            keys_of.setdefault(DEFAULT_PARAMS, []).append(each)
        elif isinstance(each, dict):
            for path, keys in each.items():
                _merge(keys_of, path, [] if path in whole else keys, where)
        elif not isinstance(each, str):
            raise LeftToDvc("pipeline", where)
    for path, keys in keys_of.items():
        if "://" in path:
            raise LeftToDvc("url", where)
        yield Params(path, os.path.abspath(os.path.join(wdir, path)), tuple(keys))


def _merge(keys_of: dict[str, list[str]], path: Any, keys: Any, where: str) -> None:
    if not isinstance(path, str) or not isinstance(keys, list) or not all(isinstance(each, str) for each in keys):
        raise LeftToDvc("pipeline", where)
    keys_of.setdefault(path, []).extend(keys)


def _outs(listed: list[Any], role: Role, wdir: str, root: str, where: str) -> Iterator[Out]:
    flags_of: dict[str, dict[str, Any]] = {}
    for each in listed:
        entry = {each: {}} if isinstance(each, str) else each
        if not isinstance(entry, dict) or not all(isinstance(flags, dict) for flags in entry.values()):
            raise LeftToDvc("pipeline", where)
        for path, flags in entry.items():
            flags_of.setdefault(_text(path, where), {}).update(flags)
    allowed = _FLAGS | _PLOT_FLAGS if role == "plot" else _FLAGS
    for path, flags in flags_of.items():
        if not flags.keys() <= allowed:
            raise LeftToDvc("pipeline", f"{where}: {path}")
        definition, full = _placed(path, wdir, root, where)
        _inside(full, root, where)
        cache = _flag(flags, "cache", where, default=True)
        yield Out(definition, full, role, cache, _flag(flags, "persist", where))


def _placed(path: str, wdir: str, root: str, where: str) -> tuple[str, str]:
    """Return the path as DVC keeps it (relative to wdir if it lies in the repository), and in full."""
    if "://" in path or not path:
        raise LeftToDvc("url", f"{where}: {path}")
    full = os.path.abspath(os.path.join(wdir, path))
    inside = os.path.isabs(path) and os.path.normpath(path).startswith(root + os.sep)
    return (os.path.relpath(path, wdir) if inside else path), full


def _inside(full: str, root: str, where: str) -> None:
    if not full.startswith(root + os.sep):
        raise LeftToDvc("outside", f"{where}: {full}")


def _distinct(found: Stage, where: str) -> None:
    paths = [*found.reads, *(out.full for out in found.outs)]
    if len(set(paths)) < len(paths):
        raise LeftToDvc("graph", f"{where}: a path stands there twice")


def _listed(body: dict[str, Any], key: str, where: str) -> list[Any]:
    found = body.get(key, [])
    if found is None and where.endswith(".dvc"):
        found = []
    if not isinstance(found, list):
        raise LeftToDvc("pipeline", f"{where}: {key}")
    return found


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise LeftToDvc("pipeline", where)
    return value


def _flag(body: dict[str, Any], key: str, where: str, *, default: bool = False) -> bool:
    found = body.get(key, default)
    if not isinstance(found, bool):
        raise LeftToDvc("pipeline", f"{where}: {key}")
    return found
