"""DVC's configuration, as far as it matters to planning and running."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

from nbprod.repro.unsupported import LeftToDvc

LEVELS = ("DVC_SYSTEM_CONFIG_DIR", "DVC_GLOBAL_CONFIG_DIR")
_TRUE = frozenset({"true", "yes", "on", "1"})
_LINKS = frozenset({"reflink", "copy"})


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the cache is, how files are linked, and what git is told."""

    cache: str
    links: tuple[str, ...] = ("reflink", "copy")
    git: str = ""
    autostage: bool = False
    hardlink_lock: bool = False


def read(root: str) -> Settings:
    """Return the settings of a repository, from DVC's four files, the later over the earlier.

    Raises:
        LeftToDvc: One of them asks for what nbprod doesn't do.
    """
    core, cache = _sections(root)
    _supported(core, cache)
    links = cache.get("type") or ["reflink", "copy"]
    return Settings(
        str(cache["dir"]),
        tuple(links),
        "" if _true(core.get("no_scm")) else _git_root(root),
        autostage=_true(core.get("autostage")),
        hardlink_lock=_true(core.get("hardlink_lock")),
    )


def cache_folder(root: str) -> str:
    """Return where the repository's cache lies, however files are linked from it.

    Raises:
        LeftToDvc: It is a remote.
    """
    return str(_sections(root)[1]["dir"])


def _sections(root: str) -> tuple[dict[str, Any], dict[str, Any]]:
    dvc = os.path.join(root, ".dvc")
    core: dict[str, Any] = {}
    cache: dict[str, Any] = {"dir": os.path.join(dvc, "cache")}
    for file in (*_levels(), os.path.join(dvc, "config"), os.path.join(dvc, "config.local")):
        found = _parsed(file)
        core |= found.get("core", {})
        cache |= _placed(found.get("cache", {}), os.path.dirname(os.path.abspath(file)))
    return core, cache


def _levels() -> list[str]:
    """The system's and the user's configuration; DVC's own rule for where they stand is platformdirs'."""
    folders = [os.environ.get(name, "") for name in LEVELS]
    if not all(folders):
        import platformdirs

        found = platformdirs.site_config_dir("dvc", "iterative"), platformdirs.user_config_dir("dvc", "iterative")
        folders = [given or default for given, default in zip(folders, found, strict=True)]
    return [os.path.join(each, "config") for each in folders]


def _parsed(file: str) -> dict[str, dict[str, Any]]:
    if not os.path.isfile(file):
        return {}
    with open(file, "rb") as handle:
        if not handle.read().strip():
            return {}
    from configobj import ConfigObj, ConfigObjError

    try:
        found = ConfigObj(file, encoding="utf-8").dict()
    except (ConfigObjError, UnicodeDecodeError) as error:
        raise LeftToDvc("config", file) from error
    sections = {str(name).lower(): section for name, section in found.items()}
    return {
        name: {str(key).lower(): value for key, value in section.items()}
        for name, section in sections.items()
        if isinstance(section, dict)
    }


def _placed(cache: dict[str, Any], folder: str) -> dict[str, Any]:
    """The cache's section with its folder in full and its link types as a list."""
    placed = dict(cache)
    if "dir" in cache:
        if re.match(r"\w+://", str(cache["dir"])):
            raise LeftToDvc("cache-remote", str(cache["dir"]))
        placed["dir"] = os.path.abspath(os.path.join(folder, os.path.expanduser(str(cache["dir"]))))
    if "type" in cache:
        listed = cache["type"] if isinstance(cache["type"], list) else str(cache["type"]).split(",")
        placed["type"] = [str(each).strip() for each in listed]
    return placed


def _supported(core: dict[str, Any], cache: dict[str, Any]) -> None:
    if _true(core.get("interactive")):
        raise LeftToDvc("interactive")
    if not set(cache.get("type") or ()) <= _LINKS:
        raise LeftToDvc("link-type", ",".join(cache["type"]))
    if cache.get("shared"):
        raise LeftToDvc("shared-cache")
    if _true(cache.get("verify")):
        raise LeftToDvc("cache-verify")
    if cache.get("local"):
        raise LeftToDvc("cache-remote", str(cache["local"]))


def _true(value: Any) -> bool:
    return str(value).lower() in _TRUE


def _git_root(root: str) -> str:
    """Return the folder of git's repository that DVC's lies in, "" if none."""
    at = root
    while not os.path.exists(os.path.join(at, ".git")):
        above = os.path.dirname(at)
        if above == at:
            return ""
        at = above
    return at
