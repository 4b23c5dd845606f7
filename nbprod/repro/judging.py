"""Whether a stage is fresh: the same questions that DVC asks, in the same sense, all of them answered."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from nbprod.repro.parameters import MISSING
from nbprod.repro.verdicts import Reason, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.repro.digests import Digests
    from nbprod.repro.objects import Objects
    from nbprod.repro.parameters import ParameterFiles
    from nbprod.repro.stages import Dep, Out, Params, Stage

Entry = dict[str, Any]


class Judge:
    """Compares what a lock says of a stage with what is on disk now."""

    def __init__(self, digests: Digests, objects: Objects, parameters: ParameterFiles) -> None:
        self.digests = digests
        self.objects = objects
        self.parameters = parameters

    def reasons(self, stage: Stage, entry: Entry | None) -> list[Reason]:
        """Return why the stage must run; nothing if it is fresh."""
        if stage.source:
            return list(self._outs(stage, entry or {}))
        if entry is None:
            return self._never(stage)
        found = [Reason("cmd")] if entry.get("cmd") != _as_lock(stage.cmd) else []
        found += self._inputs(stage, entry)
        return [*found, *self._outs(stage, entry)]

    def inputs_same(self, stage: Stage, entry: Entry) -> bool:
        """Whether command, deps and params are those of the entry."""
        return entry.get("cmd") == _as_lock(stage.cmd) and not any(
            reason.kind != "always" for reason in self._inputs(stage, entry)
        )

    def _never(self, stage: Stage) -> list[Reason]:
        """Without an entry all is new; only a frozen stage without outs has nothing to compare."""
        return [] if stage.frozen and not stage.outs else [Reason("never")]

    def _inputs(self, stage: Stage, entry: Entry) -> Iterator[Reason]:
        if stage.frozen:
            return
        if stage.always or stage.callback:
            yield Reason("always")
        known = {each["path"]: each for each in entry.get("deps", ())}
        for dep in stage.deps:
            yield from self._dep(dep, known.get(dep.path, {}))
        for params in stage.params:
            yield from self._params(params, entry.get("params", {}).get(params.path))

    def _dep(self, dep: Dep, known: Entry) -> Iterator[Reason]:
        content = self.digests.of(dep.full)
        if content is None:
            yield Reason("dep", dep.path, "missing")
        elif not known.get("md5"):
            yield Reason("dep", dep.path, "new")
        elif content.md5 != known["md5"]:
            yield Reason("dep", dep.path, "changed")

    def _params(self, params: Params, known: Entry | None) -> Iterator[Reason]:
        actual = self.parameters.values(params)
        if actual is None:
            yield Reason("params", params.path, "missing")
            return
        before = known or {}
        if known is None and not params.keys:
            yield Reason("params", params.path, "new")
        for key in params.keys or tuple(dict.fromkeys([*actual, *before])):
            old, new = before.get(key, MISSING), actual.get(key, MISSING)
            if new is MISSING or old is MISSING or not _same(old, new):
                yield Reason("params", str(key), _change(old, new))

    def _outs(self, stage: Stage, entry: Entry) -> Iterator[Reason]:
        known = {each["path"]: each for each in entry.get("outs", ())}
        for out in stage.outs:
            if how := self._out(out, str(known.get(out.path, {}).get("md5") or "")):
                yield Reason("out", out.path, how)

    def _out(self, out: Out, md5: str) -> str:
        if md5 and out.cache and not self.objects.has(md5):
            return "not in cache" if os.path.exists(out.full) else "missing"
        content = self.digests.of(out.full) if self.digests.ignores.sees_path(out.full) else None
        if content is None:
            return "missing"
        if not md5:
            return "new"
        return "" if content.md5 == md5 else "changed"


def _as_lock(cmd: str | tuple[str, ...]) -> str | list[str]:
    return cmd if isinstance(cmd, str) else list(cmd)


def _same(old: Any, new: Any) -> bool:
    return bool(old == new) or (isinstance(new, tuple) and list(new) == old)


def _change(old: Any, new: Any) -> str:
    if old is MISSING and new is MISSING:
        return "missing"
    if old is MISSING:
        return f"new: {shortened(new)}"
    return "missing" if new is MISSING else f"{shortened(old)} → {shortened(new)}"
