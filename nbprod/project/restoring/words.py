"""What the words of a cell's code give away: why its work may not be the same another time, or can't be seen."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nbprod.analyse.knowledge import SETTERS, SETTINGS
from nbprod.analyse.settings import registers
from nbprod.record.restoring.watching import READERS
from nbprod.run.clues import CLOCKS, NEW_EACH_RUN, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ANYTHING = {
    "eval",
    "exec",
    "globals",
    "locals",
    "vars",
    "dir",
    "get_ipython",
    "__import__",
    "currentframe",
    "_getframe",
}
ANYTHING |= {"__main__", "user_ns", "stack", "reload"}
ASKS_PEOPLE = {"input", "getpass"}
ASKS_FILES = {
    "exists",
    "lexists",
    "is_file",
    "is_dir",
    "isfile",
    "isdir",
    "getmtime",
    "getsize",
    "getctime",
    "st_mtime",
}
ASKS_FILES |= {"samefile", "islink", "is_symlink", "disk_usage"}
MACHINE = {"gethostname", "getuser", "getpid", "getppid", "platform.node", "sys.argv", "get_ident"}
BACKGROUND = {"Thread", "Timer", "create_task", "ensure_future", "run_in_executor", "apply_async", "map_async"}
DISPLAYS = {"display_id", "update_display", "DisplayHandle", "interact", "interactive", "FigureWidget"}
UNSEEN = {"ctypes", "cffi", "mmap", "signal", "atexit"}
# Libraries whose state, or whose devices, nobody here follows.
UNFOLLOWED = {"torch", "tensorflow", "keras", "jax", "mxnet", "cupy", "cudf", "pyspark", "ray", "dask", "distributed"}
# Libraries that open files by themselves, and what they are asked to open them with.
OWN_READERS = {"polars", "duckdb", "pyarrow", "h5py", "netCDF4", "xarray", "rasterio", "geopandas", "fiona", "pyogrio"}
OWN_READERS |= {"cv2", "tables", "xgboost", "lightgbm", "catboost", "zarr", "vaex", "datatable", "fastparquet"}
OPENING = re.compile(
    r"(read|scan|open|load|imread|from_file|dataset|memory_map|sql|execute|query|connect|register)(_\w+)?|"
    r"File|Dataset|ParquetFile|Booster|DMatrix|VideoCapture|from_(csv|parquet|json)"
)
FOLLOWED = {module: frozenset(names) for module, names in READERS.items()}
NEVER_SEEN = {"read_hdf", "HDFStore"}
GENERATORS = {
    "default_rng",
    "RandomState",
    "Random",
    "SeedSequence",
    "PCG64",
    "MT19937",
    "Philox",
    "SFC64",
    "PCG64DXSM",
}
UNSEEDED = {"SystemRandom", "check_random_state"}


OBJECTS = {"os.environ", "matplotlib.rcParams", "matplotlib.pyplot.rcParams", "pandas.options"}  # set by their methods
SWITCH = "matplotlib.pyplot.switch_backend"


def hard(nodes: Iterable[ast.AST], tops: frozenset[str]) -> Iterator[str]:
    """Yield why code's work can never be kept; `tops` are the top-level modules that it may use."""
    words = {word for node in nodes for word in _words(node)}
    for kinds, reason in HARD:
        if found := sorted(kinds & words):
            yield reason.format(found[0])
    if found := sorted(UNFOLLOWED & tops):
        yield f"uses {found[0]}, whose state is not followed"
    opening = {each for each in words if OPENING.fullmatch(each)}
    known = OWN_READERS & tops
    if known == {"polars"}:
        opening -= FOLLOWED["polars"]
    if (found := sorted(known)) and opening:
        yield f"reads with {found[0]}, which opens files by itself"


HARD = (
    (ASKS_PEOPLE, "asks for input"),
    (ASKS_FILES, "asks about files ({})"),
    (BACKGROUND, "goes on in the background ({})"),
    (DISPLAYS, "displays what may change later ({})"),
    (UNSEEN, "does what can't be followed ({})"),
    (NEVER_SEEN, "reads what can't be followed ({})"),
)


def soft(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield why code's work may be another the next time, for whoever doesn't say that this is all right."""
    every = [*nodes]
    words = {word for node in every for word in _words(node)}
    if found := sorted(CLOCKS & words):
        yield f"reads the clock ({found[0]})"
    if found := sorted((NEW_EACH_RUN | UNSEEDED) & words):
        yield f"draws what nobody has seeded ({found[0]})"
    if found := sorted(MACHINE & words):
        yield f"asks for the machine or the process ({found[0]})"
    if any(_is_unseeded(node) for node in every):
        yield "draws from a generator without a seed"
    if any(isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hash" for node in every):
        yield "hashes, which each process does its own way"


def anything(nodes: Iterable[ast.AST]) -> bool:
    """Whether the code may read names that it doesn't mention."""
    every = [*nodes]
    return bool(ANYTHING & {word for node in every for word in _words(node)}) or any(
        isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names) for node in every
    )


def opens_directly(nodes: Iterable[ast.AST], tops: frozenset[str]) -> bool:
    """Whether the code uses functions that open a file by themselves: they are asked which."""
    words = {word for node in nodes for word in _words(node)}
    return bool(words & FOLLOWED["pandas"]) or ("polars" in tops and bool(words & FOLLOWED["polars"]))


def sets(nodes: Iterable[ast.AST], imports: Mapping[str, str]) -> bool:
    """Whether the code sets something for the whole process; `imports` says what names stand for."""
    return any(_sets(node, imports) for node in nodes)


def _sets(node: ast.AST, imports: Mapping[str, str]) -> bool:
    if isinstance(node, ast.Attribute | ast.Name):
        found = dotted(node, imports)
        return (found in SETTINGS and found not in OBJECTS) or found in {"matplotlib.use", SWITCH}
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else [node.target]
        return any(_root(each) in imports for each in targets if isinstance(each, ast.Attribute | ast.Subscript))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return registers(dotted(node.value.func, imports))
    if not isinstance(node, ast.Call):
        return False
    of_object = isinstance(node.func, ast.Attribute) and dotted(node.func.value, imports) in OBJECTS
    return (of_object and _last(node.func) in SETTERS) or dotted(node.func, imports) in {"setattr", "delattr"}


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def dotted(node: ast.AST, imports: Mapping[str, str]) -> str:
    """Return what a name or a dotted name stands for, such as "pandas.set_option"; "" for any other code."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([imports.get(node.id, node.id), *reversed(parts)])


def variables(nodes: Iterable[ast.AST]) -> tuple[tuple[str, ...], bool]:
    """Return the environment variables that code asks for, and whether those are all."""
    named: set[str] = set()
    mentions = answered = 0
    for node in nodes:
        mentions += isinstance(node, ast.Attribute | ast.Name) and _last(node) in {"environ", "getenv"}
        if isinstance(node, ast.ImportFrom):
            mentions += any(each.name in {"environ", "getenv"} for each in node.names) * 2
        asked = _asked(node)
        if isinstance(asked, ast.Constant) and isinstance(asked.value, str):
            named.add(asked.value)
            answered += 1
    return tuple(sorted(named)), answered == mentions


def _asked(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Subscript) and _last(node.value) == "environ":
        return node.slice
    if not isinstance(node, ast.Call) or not node.args:
        return None
    of_environ = (
        isinstance(node.func, ast.Attribute) and _last(node.func.value) == "environ" and node.func.attr == "get"
    )
    return node.args[0] if of_environ or _last(node.func) == "getenv" else None


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_unseeded(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or _last(node.func) not in GENERATORS:
        return False
    given = [*node.args, *(each.value for each in node.keywords)]
    return not given or all(isinstance(each, ast.Constant) and each.value is None for each in given)


def _words(node: ast.AST) -> Iterator[str]:
    yield from spelled(node)
    if isinstance(node, ast.Import):
        yield from (each.name.partition(".")[0] for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (each.name for each in node.names)
        yield from (f"{node.module}.{each.name}" for each in node.names)
        yield (node.module or "").partition(".")[0]
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg
