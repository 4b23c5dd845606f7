"""What nbprod leaves to DVC: the whole command goes to `dvc repro`, and one line says why."""

from __future__ import annotations

from types import MappingProxyType

LEFT_TO_DVC = MappingProxyType(
    {
        "import": "a .dvc file that imports from a URL, a database or another repository",
        "single-stage": "a .dvc file that runs a command (DVC before 1.0)",
        "url": "a dependency or an output that is a URL or lies on a remote",
        "outside": "an output outside of the repository",
        "dataset": "a dependency on a dataset (ds://)",
        "legacy-hash": "hashes of DVC 2 (md5-dos2unix) in a dvc.lock or a .dvc file",
        "cloud-versioned": "files tracked by a cloud's own versions",
        "link-type": "cache.type hardlink or symlink",
        "shared-cache": "cache.shared",
        "cache-verify": "cache.verify",
        "cache-remote": "a cache that is a remote (cache.local, cache.dir with a URL)",
        "interactive": "core.interactive",
        "subrepo": "a repository of DVC inside of another",
        "command": "a command that is neither text nor a list of texts",
        "ignore-file": "a .dvcignore inside of a dependency or an output",
        "broken-link": "a link to nothing inside of a dependency or an output",
        "target": "a target that is neither a stage, a group, a dvc.yaml nor a .dvc file",
        "folder": "a folder without a dvc.yaml (nbprod export writes one)",
        "parameter": "a parameter's key with wildcards, or a file of parameters that DVC cannot read",
        "pipeline": "a dvc.yaml that DVC may refuse",
        "graph": "stages whose outputs overlap, or that depend on each other in a circle",
        "config": "a configuration that cannot be read",
        "ignored": "a dvc.yaml that git ignores, an output that git tracks or .dvcignore names",
        "lock": "a dvc.lock in a form that DVC may refuse",
        "windows": "Windows",
    }
)
"""Each reason, and what it is about: the whole list, for people and for the page on repro."""


class LeftToDvc(Exception):
    """Something that nbprod doesn't do itself; `reason` is a key of LEFT_TO_DVC, `detail` says where.

    Where stages had run before it was seen, `rest` names those that had not, in the order in which they run.
    """

    rest: tuple[str, ...] = ()

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        what = LEFT_TO_DVC[reason]
        super().__init__(f"{what}: {detail}" if detail else what)
