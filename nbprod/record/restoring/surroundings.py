"""The state of the process that cells depend on without naming it: settings of libraries, the working directory."""

from __future__ import annotations

import decimal
import locale
import os
import sys
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128_hexdigest

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET_VARIABLES = ("KMP_", "OMP_", "MKL_", "OPENBLAS_", "JOBLIB_", "LOKY_", "MPL", "TQDM_", "COLUMNS", "LINES")


def settings() -> str:
    """Return a digest of the settings that differ from what a library begins with, and of where the process is.

    A library that nobody has imported yet has its first settings: work that was restored imports nothing.
    """
    found = [os.getcwd(), repr(decimal.getcontext()), locale.setlocale(locale.LC_ALL), sys.getrecursionlimit()]  # noqa: PTH109
    for module, ask in ASKED.items():
        loaded = sys.modules.get(module)
        if loaded is not None and (answer := ask(loaded)):
            found.append((module, answer))
    return xxh3_128_hexdigest(repr(found).encode("utf-8", "surrogatepass"))


def process() -> tuple[Any, ...]:
    """Return what a cell that is restored must not have changed: settings, environment, where modules come from."""
    variables = {name: text for name, text in os.environ.items() if not name.startswith(QUIET_VARIABLES)}
    return settings(), variables, [*sys.path], sys.stdout, sys.stderr, sys.displayhook, sys.excepthook


def open_figures() -> bool:
    """Whether pyplot has figures that go on from one cell to the next."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    return helpers is not None and bool(helpers.Gcf.figs)


def _matplotlib(module: Any) -> list[tuple[str, str]]:
    now, first = dict.items(module.rcParams), module.rcParamsOrig
    return sorted((k, repr(v)) for k, v in now if not k.startswith("backend") and dict.get(first, k) != v)


def _pandas(module: Any) -> list[tuple[str, str]]:
    known = module._registered_options  # noqa: SLF001  (the values that options begin with have no public name)
    found = []
    for key, option in known.items():
        now = module._global_config  # noqa: SLF001  (asked the public way, deprecated options warn)
        for part in key.split("."):
            now = now[part]
        if now != option.defval:
            found.append((key, repr(now)))
    return sorted(found)


def _numpy(module: Any) -> list[str]:
    return [repr(module.get_printoptions()), repr(module.geterr())]


def _sklearn(module: Any) -> list[str]:
    return [repr(module.get_config())]


ASKED: dict[str, Callable[[Any], Any]] = {
    "matplotlib": _matplotlib,
    "pandas._config.config": _pandas,
    "numpy": _numpy,
    "sklearn._config": _sklearn,
}
