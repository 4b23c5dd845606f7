"""The runs of a batch: what each is called and how it is told from others."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.errors import UsageError
from nbprod.run.parameters import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbprod.run.batches.spec import Values

LONGEST = 80  # signs of a name: paths below it must still fit
BRACKETS = re.compile(r"[\[\](){}\"']")
UNSAFE = re.compile(r"[^A-Za-z0-9._=,+@-]+")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # no file on Windows
ALONE = "run"  # the one run in which nothing is varied


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its name, safe as a file's; what tells it from others; its parameters as JSON has them; its cell.

    `id` changes when the notebook's code, a parameter or a file of `--each` changes. `source` is the injected cell.
    """

    name: str
    id: str
    parameters: Mapping[str, Any]
    source: str = ""


def names(combined: Sequence[Values], varied: Sequence[str], given: Sequence[str | None]) -> tuple[str, ...]:
    """Return a name for each run: the one `given`, or what is varied, as `strength=0.5,seed=1`.

    Raises:
        UsageError: Two runs have the same values, or were given the same name.

    >>> names([{"day": "2026-11-23", "shop": "a/b"}], ["shop", "day"], [None])
    ('shop=a-b,day=2026-11-23',)
    """
    _refuse_twins(combined, varied)
    made = [slug(name) if name else _made(values, varied) for name, values in zip(given, combined, strict=True)]
    counts = Counter(each.lower() for each in made)  # some disks don't tell a from A
    _refuse_same([name for name, one in zip(given, made, strict=True) if name and counts[one.lower()] > 1])
    return tuple(
        one if counts[one.lower()] == 1 else f"{one[: LONGEST - 9]}-{digest(_texts(values))[:8]}"
        for one, values in zip(made, combined, strict=True)
    )


def _made(values: Values, varied: Sequence[str]) -> str:
    return slug(",".join(f"{name}={text_of(values[name])}" for name in varied if name in values)) or ALONE


def slug(text: str) -> str:
    """Return the text as the name of a file.

    >>> slug("path=../data/2024 01.csv"), slug("Zürich & Genf"), slug("con")
    ('path=data-2024-01.csv', 'Z-rich-Genf', 'con-')
    """
    name = UNSAFE.sub("-", re.sub(r"(?<==)(\.*/)+", "", BRACKETS.sub("", text))).strip(".-")
    name = f"{name}-" if RESERVED.fullmatch(name) else name
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9].rstrip(',-')}-{digest(text)[:8]}"


def digest(value: Any) -> str:
    """Return what tells the value (of JSON's types) from others."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _texts(values: Values) -> dict[str, str]:
    return {name: text_of(value) for name, value in values.items()}


def _refuse_twins(combined: Sequence[Values], varied: Sequence[str]) -> None:
    seen: dict[str, int] = {}
    for at, values in enumerate(combined, 1):
        key = digest(_texts(values))
        if key in seen:
            raise UsageError(
                f"runs {seen[key]} and {at} are the same: {_made(values, varied)}",
                hint="Leave one away, or give the notebook a parameter in which they differ.",
            )
        seen[key] = at


def _refuse_same(named: Sequence[str]) -> None:
    if named:
        raise UsageError(
            f"{len(named)} runs have one name: {named[0]!r}", hint="Give each row of the file another name in 'run'."
        )
