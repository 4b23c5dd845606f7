"""What a step's code gives away about values that another process may compute differently."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.model.graph import Step

CLOCKS = {"now", "today", "utcnow", "perf_counter", "monotonic", "process_time", "time_ns", "ctime", "localtime"}
CLOCKS |= {"gmtime", "time.time", "time.strftime"}
NEW_EACH_RUN = {
    "uuid1",
    "uuid4",
    "urandom",
    "token_hex",
    "token_bytes",
    "token_urlsafe",
    "getpid",
    "getppid",
    "mkdtemp",
}
SURROUNDINGS = {"environ", "getenv", "gethostname", "cpu_count", "getcwd", "getuser", "node", "argv", "executable"}
UNFILLED = {"empty", "empty_like"}  # arrays that hold what the memory held before
# What makes a generator, or seeds one: without an argument from the system's entropy.
_SEEDED = {"default_rng", "RandomState", "Random", "SeedSequence", "PCG64", "MT19937", "Philox", "SFC64", "seed"}
_NOTEBOOK = {"get_ipython", "ipykernel", "IPython", "google.colab", "ps1", "__IPYTHON__"}
_CACHES = {"cache", "lru_cache", "cached_property"}
_MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)


def mentioned(step: Step) -> frozenset[str]:
    """Return the names, attributes and keywords in the step's code and in the definitions that it uses.

    Of `time.time` and of `from time import time` the dotted name too; "<set>" stands for a set that is written out.
    """
    return frozenset(name for node in _nodes(step) for name in _names(node))


def variables(step: Step) -> tuple[str, ...]:
    """Return the environment variables that the step's code names.

    >>> from nbprod.model.graph import Block, Step
    >>> from nbprod.model.notebook import Mark
    >>> blocks = (Block(0, "os.environ['A'], os.environ.get('B'), os.getenv('C')"),)
    >>> variables(Step("clean", (0,), blocks, (), (), (), (), Mark("clean")))
    ('A', 'B', 'C')
    """
    found = (_variable(node) for node in _nodes(step))
    return tuple(sorted({name for name in found if name}))


def unseeded(step: Step) -> Iterator[str]:
    """Yield what in the step's code makes or seeds a random generator without a seed.

    >>> from nbprod.model.graph import Block, Step
    >>> from nbprod.model.notebook import Mark
    >>> blocks = (Block(0, "np.random.default_rng(), np.random.default_rng(1), random.seed(None)"),)
    >>> list(unseeded(Step("draw", (0,), blocks, (), (), (), (), Mark("draw"))))
    ['default_rng', 'seed']
    """
    for node in _nodes(step):
        if isinstance(node, ast.Call) and (name := _last_name(node.func)) in _SEEDED:
            given = [*node.args, *(each.value for each in node.keywords)]
            if all(isinstance(each, ast.Constant) and each.value is None for each in given):
                yield name
    if {"SystemRandom", "secrets"} & mentioned(step):
        yield "SystemRandom"


def asks_where_it_runs(step: Step) -> str:
    """Return by what the step's code tells a notebook from another process, else "".

    >>> from nbprod.model.graph import Block, Step
    >>> from nbprod.model.notebook import Mark
    >>> blocks = (Block(0, "live = 'get_ipython' in globals()"),)
    >>> asks_where_it_runs(Step("show", (0,), blocks, (), (), (), (), Mark("show")))
    'get_ipython'
    """
    texts = {node.value for node in _nodes(step) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return min(_NOTEBOOK & (texts | mentioned(step)), default="")


def keepers(step: Step) -> Iterator[str]:
    """Yield what in the step's code keeps something from one call to the next, in words."""
    for node in _nodes(step):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _kept_by_function(node)


def _kept_by_function(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[str]:
    name = "a lambda" if isinstance(node, ast.Lambda) else f"{node.name}()"
    if any(isinstance(each, _MUTABLE) for each in (*node.args.defaults, *node.args.kw_defaults)):
        yield f"{name} keeps a default argument that can change"
    if not isinstance(node, ast.Lambda) and any(_CACHES & set(_all_names(each)) for each in node.decorator_list):
        yield f"{name} keeps what it has returned"


def _all_names(tree: ast.AST) -> Iterator[str]:
    return (name for node in ast.walk(tree) for name in _names(node))


def spelled(node: ast.AST) -> Iterator[str]:
    """Yield what a name or an attribute is called: `rows`, or for `np.random` both `random` and `np.random`."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
        if isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def _names(node: ast.AST) -> Iterator[str]:
    yield from spelled(node)
    if isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{each.name}" for each in node.names)
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, ast.Constant) and node.value in ("now", "today"):
        yield node.value
    elif isinstance(node, ast.Set | ast.SetComp):
        yield "<set>"


def _variable(node: ast.AST) -> str:
    """The variable that `os.environ["A"]`, `os.environ.get("A")` or `os.getenv("A")` asks for, else ""."""
    if isinstance(node, ast.Subscript) and _last_name(node.value) == "environ":
        asked: ast.AST | None = node.slice
    elif isinstance(node, ast.Call) and (
        _last_name(node.func) == "getenv"
        or (isinstance(node.func, ast.Attribute) and _last_name(node.func.value) == "environ")
    ):
        asked = node.args[0] if node.args else None
    else:
        asked = None
    return asked.value if isinstance(asked, ast.Constant) and isinstance(asked.value, str) else ""


def _last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _nodes(step: Step) -> Iterator[ast.AST]:
    for text in (step.source, *(each.python for each in step.blocks), *(each.source for each in step.definitions)):
        try:
            flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            yield from ast.walk(compile(text, "step", "exec", flags))
        except SyntaxError:
            continue
