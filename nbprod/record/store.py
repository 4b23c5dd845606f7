"""The record on disk: JSON, written whole; what is damaged or of another version is no record."""

from __future__ import annotations

import json
import types
import typing
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from nbprod.model.record import RECORD_VERSION, Record, StepSeen
from nbprod.values import write_whole

if TYPE_CHECKING:
    from pathlib import Path

IGNORED = """\
# What was observed can be observed again; what export last wrote is kept for the merge.
*
!.gitignore
!base/
!base/**
"""


def save(record: Record, path: Path) -> None:
    """Write the record whole, and see that its folder isn't committed.

    Raises:
        WriteFailed: the disk refused.
    """
    ignoring = path.parent.parent / ".gitignore"
    if not ignoring.exists():
        write_whole(ignoring, IGNORED.encode())
    write_whole(path, dumps(record).encode())


def load(path: Path) -> Record | None:
    """Return the record, or None where there is none that can be used (`why_not` says why)."""
    found = _read(path)
    return found if isinstance(found, Record) else None


def why_not(path: Path) -> str:
    """Say why `load` gives None: "not recorded yet", "damaged", "of an older nbprod"; "" where it gives a record."""
    found = _read(path)
    return "" if isinstance(found, Record) else found


def dumps(record: Record | StepSeen) -> str:
    """Return the record as JSON text."""
    return json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n"


def loads(text: str) -> Record:
    """Return the record that the text holds; ValueError, TypeError or KeyError where it holds none."""
    return typing.cast("Record", _built(Record, json.loads(text)))


def seen(data: object) -> StepSeen:
    """Return one step's observation from parsed JSON; errors as in `loads`."""
    return typing.cast("StepSeen", _built(StepSeen, data))


def _read(path: Path) -> Record | str:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return "not recorded yet"
    except (OSError, UnicodeDecodeError):
        return "the record can't be read"
    try:
        version = json.loads(text)["version"]
        return loads(text) if version == RECORD_VERSION else "recorded by another version of nbprod"
    except (ValueError, TypeError, KeyError, AttributeError):
        return "the record is damaged"


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _built(kind: Any, data: Any) -> Any:
    """Build a value of the annotated type from parsed JSON."""
    if is_dataclass(kind):
        hints = _hints(typing.cast("type", kind))
        known = {each.name for each in fields(kind)}
        return typing.cast("type", kind)(
            **{name: _built(hints[name], each) for name, each in data.items() if name in known}
        )
    origin = typing.get_origin(kind)
    if origin is types.UnionType or origin is typing.Union:
        return _chosen(typing.get_args(kind), data)
    if origin is tuple:
        return _tuple(typing.get_args(kind), data)
    if not isinstance(data, kind) and not (kind is float and isinstance(data, int)):
        raise TypeError(f"{data!r} is no {kind.__name__}")
    return data


def _chosen(kinds: tuple[Any, ...], data: Any) -> Any:
    if data is None:
        return None
    structured = [each for each in kinds if is_dataclass(each) or typing.get_origin(each) is tuple]
    return _built(structured[0], data) if structured else data


def _tuple(kinds: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise TypeError(f"{data!r} is no list")
    if kinds[-1] is Ellipsis:
        return tuple(_built(kinds[0], each) for each in data)
    return tuple(_built(kind, each) for kind, each in zip(kinds, data, strict=True))
