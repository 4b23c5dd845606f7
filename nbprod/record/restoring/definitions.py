"""What a notebook's functions and classes do: digests of them, and the names that they look up when they run."""

from __future__ import annotations

import ast
import types
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128

from nbprod.values import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

WRAPPED = ("func", "__wrapped__", "__func__", "fget", "fset", "fdel")
NO_CONTENT = {"__dict__", "__weakref__", "__doc__", "__firstlineno__", "__static_attributes__", "_abc_impl"}


def digest_of_class(kind: type) -> str:
    """Return the digest of a class of the notebook, by its bases and members; "" if one has no content."""
    sink = xxh3_128()
    sink.update(
        f"{kind.__qualname__}({[f'{each.__module__}.{each.__qualname__}' for each in kind.__bases__]})".encode()
    )
    for name, member in sorted(vars(kind).items()):
        if name in NO_CONTENT:
            continue
        digests = [_digest(each) for each in _functions(member)] or [_digest(member)]
        if not all(digests):
            return ""
        sink.update(f"{name}={digests};".encode())
    return sink.hexdigest()


def _digest(member: Any) -> str:
    if isinstance(member, type) and member.__module__ == "__main__":
        return digest_of_class(member)
    if isinstance(member, types.GetSetDescriptorType | types.MemberDescriptorType):
        return "slot"
    return fingerprint(member).digest


def _functions(member: Any) -> list[Any]:
    """The functions that a method, property or wrapper of the notebook stands for."""
    if isinstance(member, types.FunctionType):
        return [member]
    found = [getattr(member, name, None) for name in WRAPPED] if not isinstance(member, type) else []
    return [each for each in found if isinstance(each, types.FunctionType)]


def looked_up(names: Iterable[str], values: Mapping[str, Any]) -> frozenset[str]:
    """Return the names, and all that the functions and classes among their values look up, or those that they call."""
    seen: dict[str, None] = {}
    pending = [*names]
    while pending:
        name = pending.pop()
        if name not in seen:
            seen[name] = None
            pending += [each for each in _mentioned(values.get(name), values) if each not in seen]
    return frozenset(seen)


def _mentioned(value: Any, values: Mapping[str, Any]) -> Iterator[str]:
    for code in _codes(value, set()):
        yield from (name for name in code.co_names if name in values)


def _codes(value: Any, seen: set[int]) -> Iterator[types.CodeType]:
    """The code that a value may run, as far as the notebook defines it."""
    if id(value) in seen or isinstance(value, types.ModuleType):
        return
    seen.add(id(value))
    if isinstance(value, types.FunctionType) and value.__module__ == "__main__":
        yield from _nested(value.__code__)
    for part in _parts_with_code(value):
        yield from _codes(part, seen)


def _parts_with_code(value: Any) -> list[Any]:
    if isinstance(value, types.FunctionType):
        return [getattr(each, "cell_contents", None) for each in value.__closure__ or ()]
    if isinstance(value, type):
        return [*vars(value).values()] if value.__module__ == "__main__" else []
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__]
    if type(value).__module__ == "builtins" and not isinstance(value, property | staticmethod | classmethod):
        return []
    return [type(value), *_functions(value)]


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _nested(each)


def read_when_run(python: str) -> set[str]:
    r"""Return the names that a piece of Python may read when it is run; a function's body is run when it is called.

    >>> sorted(read_when_run("@step\ndef fit(rows: Table, c=C):\n    return model(rows, c)"))
    ['C', 'Table', 'step']
    """
    found: set[str] = set()
    pending: list[ast.AST] = [ast.parse(python)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        later = {id(each) for each in node.body} if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else ()
        pending += [each for each in ast.iter_child_nodes(node) if id(each) not in later]
    return found
