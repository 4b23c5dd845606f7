"""Everything else: functions by their code, classes by name, objects by the state that pickling would take."""

from __future__ import annotations

import copyreg
import functools
import io
import sys
import threading
import types
import weakref
from typing import TYPE_CHECKING, Any

from nbprod.values.content.randomness import global_name
from nbprod.values.content.walk import NoContentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbprod.values.content.walk import Sink, Walk

OPAQUE: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("a generator", (types.GeneratorType, types.AsyncGeneratorType)),
    ("a coroutine that nobody awaited", (types.CoroutineType,)),
    ("a lock", (type(threading.Lock()), type(threading.RLock()), threading.Condition, threading.Event)),
    ("a thread", (threading.Thread,)),
    ("a weak reference", (weakref.ref,)),
    ("a running frame", (types.FrameType, types.TracebackType)),
)

# Known by name, so that their modules need not be imported to look for them.
OPAQUE_NAMES = {
    "socket.socket": "a socket",
    "subprocess.Popen": "a running process",
    "multiprocessing.context.Process": "a running process",
    "multiprocessing.pool.Pool": "a pool of processes",
    "concurrent.futures._base.Executor": "a pool of workers",
    "tempfile._TemporaryFileWrapper": "an open file",
    "_io._IOBase": "an open file",
    "sqlite3.Connection": "a database connection",
    "sqlite3.Cursor": "a database cursor",
    "duckdb.DuckDBPyConnection": "a database connection",
    "_duckdb.DuckDBPyConnection": "a database connection",
    "sqlalchemy.engine.base.Engine": "a database engine",
    "sqlalchemy.engine.base.Connection": "a database connection",
    "sqlalchemy.orm.session.Session": "a database session",
    "requests.sessions.Session": "a network session",
    "IPython.core.interactiveshell.InteractiveShell": "the notebook's own shell",
}

# What a search tree of scikit-learn counts while it is asked: positions of n_trims … n_calls in its state.
TREE_COUNTERS = slice(7, 11)

# How long each fit and each scoring of a search of scikit-learn took: no two runs have the same.
SEARCH_TIMES = frozenset({"mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time"})


def opaque(value: object) -> str:
    """What to call a value that has no content to keep, such as "a generator"; "" if it may have some.

    >>> opaque(n for n in range(3))
    'a generator'
    """
    if isinstance(value, io.BytesIO | io.StringIO):
        return ""
    for words, kinds in OPAQUE:
        if isinstance(value, kinds):
            return words
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(value).__mro__)
    return next((OPAQUE_NAMES[name] for name in names if name in OPAQUE_NAMES), "")


def qualified_name(value: Any) -> str:
    """Module and name of a class or a function."""
    module = getattr(value, "__module__", "")
    name = getattr(value, "__qualname__", getattr(value, "__name__", ""))
    return f"{module if isinstance(module, str) else ''}.{name}"


def feed_class(_walk: Walk, sink: Sink, value: Any) -> None:
    """A class: its name."""
    sink.update(f"class {qualified_name(value)}".encode())


def feed_module(_walk: Walk, sink: Sink, value: Any) -> None:
    """A module: its name."""
    sink.update(f"module {value.__name__}".encode())


def feed_function(walk: Walk, sink: Sink, function: Any) -> None:
    """A function: its name if it can be imported, else its code, defaults, closure and attributes."""
    sink.update(b"function")
    if is_importable(function):
        sink.update(qualified_name(function).encode())
        return
    walk.feed(sink, function.__qualname__)
    walk.feed(sink, function.__code__)
    walk.feed(sink, function.__defaults__, " default")
    walk.feed(sink, function.__kwdefaults__, " default")
    walk.feed(sink, function.__dict__, ".__dict__")
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        walk.feed(sink, _cell_value(cell), f" closing over {name}")


def _cell_value(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not yet assigned
        return ...


def feed_code(walk: Walk, sink: Sink, code: Any) -> None:
    """A code object: what it does, not where it stands."""
    parts = (code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    counts = (code.co_exceptiontable, code.co_flags, code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount)
    walk.feed(sink, (*parts, *counts, code.co_consts))


def is_importable(value: Any) -> bool:
    """Whether a function or class can be found again by its module and name, outside of the notebook."""
    module = getattr(value, "__module__", None)
    if module in {None, "__main__"}:
        return False
    found: Any = sys.modules.get(str(module))
    for name in value.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is value


def feed_figure(walk: Walk, sink: Sink, figure: Any) -> None:
    """A figure: what it looks like."""
    sink.update(b"figure")
    walk.feed(sink, tuple(map(float, figure.get_size_inches())))
    sink.update(pixels_of(figure))


def pixels_of(figure: Any) -> bytes:
    """The figure drawn as red, green, blue and alpha, at one resolution and without a person's settings for files."""
    from matplotlib import rc_context

    drawing = io.BytesIO()
    with rc_context({"savefig.bbox": None, "savefig.transparent": False}):
        figure.savefig(drawing, format="rgba", dpi=72)
    return drawing.getvalue()


def feed_axes(walk: Walk, sink: Sink, axes: Any) -> None:
    """Axes or another artist: which one, and what its figure looks like."""
    sink.update(type(axes).__qualname__.encode())
    if axes.figure is None:
        raise NoContentError(f"a {type(axes).__name__} outside of a figure")
    walk.feed(sink, axes.figure, ".figure")


def feed_object(walk: Walk, sink: Sink, value: object) -> None:
    """Any other object: how it would be made again, and the state it would be given."""
    if words := opaque(value):
        raise NoContentError(words)
    if name := global_name(value):
        sink.update(f"global random state {name}".encode())
        return
    reduced = _reduced(value)
    sink.update(qualified_name(type(value)).encode())
    if isinstance(reduced, str):
        walk.feed(sink, reduced)
        return
    maker, args, state, items, pairs = (*reduced, None, None, None)[:5]
    walk.feed(sink, maker, " maker")
    walk.feed(sink, args, "")
    _feed_state(walk, sink, type(value), state)
    walk.feed(sink, None if items is None else list(items))
    walk.feed(sink, None if pairs is None else dict(pairs))


def state_of(value: object) -> dict[str, Any]:
    """The parts that an object is made of, by the path that leads to each: attributes, arguments, items.

    >>> from datetime import timezone, timedelta
    >>> list(state_of(timezone(timedelta(hours=1))))
    [' argument 0']

    Raises:
        NoContentError: it can't be taken apart.
    """
    if words := opaque(value):
        raise NoContentError(words)
    reduced = _reduced(value)
    if isinstance(reduced, str):
        return {" name": reduced}
    _, args, state, items, pairs = (*reduced, None, None, None)[:5]
    parts = {f" argument {at}": each for at, each in enumerate(args) if each is not type(value)}
    parts |= _named_state(type(value), state)
    parts |= {f"[{at}]": each for at, each in enumerate(items or ())}
    return parts | {f"[{key!r:.40}]": each for key, each in pairs or ()}


def _named_state(kind: type, state: Any) -> dict[str, Any]:
    if type(state) is tuple and len(state) == 2 and all(isinstance(each, dict | None) for each in state):
        return _named_state(kind, state[0]) | _named_state(kind, state[1])
    if isinstance(state, dict):
        return {f".{name}": each for name, each in _lasting(kind, state).items()}
    if type(state) is tuple and _is_search_tree(kind):
        state = (*state[: TREE_COUNTERS.start], *state[TREE_COUNTERS.stop :])
    return {} if state is None else {" state": state}


def _reduced(value: object) -> Any:
    reducer: Callable[[Any], Any] | None = copyreg.dispatch_table.get(type(value))
    try:
        return reducer(value) if reducer else value.__reduce_ex__(4)
    except (RecursionError, MemoryError):
        raise
    except Exception as error:
        raise NoContentError(f"a {qualified_name(type(value)).removeprefix('builtins.')}") from error


def _feed_state(walk: Walk, sink: Sink, kind: type, state: Any) -> None:
    if type(state) is tuple and len(state) == 2 and all(isinstance(each, dict | None) for each in state):
        for part in state:
            _feed_state(walk, sink, kind, part)
    elif type(state) is dict and state and all(type(name) is str for name in state):
        lasting = _lasting(kind, state)
        for name in sorted(lasting):
            walk.feed(sink, name)
            walk.feed(sink, lasting[name], f".{name}")
        if not lasting:  # as if it had no state, which is how pickling may bring it back
            walk.feed(sink, None, " state")
    elif type(state) is tuple and _is_search_tree(kind):
        walk.feed(sink, (*state[: TREE_COUNTERS.start], *state[TREE_COUNTERS.stop :]))
    else:
        walk.feed(sink, state, " state")


def _lasting(kind: type, state: dict[str, Any]) -> dict[str, Any]:
    """The attributes without what the class can work out again, and without what a clock said."""
    kept = {name: each for name, each in state.items() if not is_cache(kind, str(name))}
    if not any(each.__qualname__ == "BaseSearchCV" for each in kind.__mro__):
        return kept
    kept.pop("refit_time_", None)
    if type(results := kept.get("cv_results_")) is dict:
        kept["cv_results_"] = {name: each for name, each in results.items() if name not in SEARCH_TIMES}
    return kept


def is_cache(kind: type, name: str) -> bool:
    """Whether an attribute only keeps what the class can work out again."""
    if name == "_cache" and str(kind.__module__).startswith("pandas."):
        return True
    if name == "_deprecated_key_to_warnings" and kind.__qualname__ == "Bunch":
        return True  # scikit-learn's datasets lose it when they are pickled
    return isinstance(getattr(kind, name, None), functools.cached_property)


def _is_search_tree(kind: type) -> bool:
    return str(kind.__module__).startswith("sklearn.neighbors") and "Tree" in kind.__name__


HANDLERS: dict[type, Callable[[Walk, Sink, Any], None]] = {
    types.FunctionType: feed_function,
    types.CodeType: feed_code,
    types.ModuleType: feed_module,
}
