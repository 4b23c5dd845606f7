"""Keys: what a cell's work depends on, as one digest; and what was observed besides, which has to hold again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128_hexdigest

from nbprod.record.restoring import surroundings
from nbprod.record.restoring.definitions import looked_up
from nbprod.record.restoring.modules import Modules, content_of, listing_of
from nbprod.values import draws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbprod.record.restoring.names import Names
    from nbprod.record.restoring.plan import CellPlan, Plan

MODULE = "module "  # how the digest of a module begins


@dataclass(frozen=True, slots=True)
class Key:
    """The key of a cell's work, and the digests of the groups of names that it reads; or "" and `why` there is none."""

    key: str = ""
    prints: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    why: str = ""


class Keys:
    """Makes the keys of one run."""

    def __init__(self, plan: Plan, names: Names) -> None:
        self.modules = Modules()
        self._plan = plan
        self._names = names
        self._settings = ""  # as long as no cell has run, they stay as they are

    def goes_on(self, plan: Plan) -> None:
        """Go on with another plan."""
        self._plan = plan
        self.moved()

    def moved(self) -> None:
        """A cell ran."""
        self._settings = ""

    def key(self, cell: CellPlan) -> Key:
        """The key of the cell's work as things stand."""
        reads = looked_up(cell.reads, self._names.values())
        prints: dict[tuple[str, ...], str] = {}
        tops: set[str] = set()
        for name in sorted(reads):
            group = self._names.group(name)
            if group is None:
                continue
            live = tuple(each for each in group.names if each in cell.live or each in reads)
            prints[live] = self._names.print(group, live)
            if not prints[live]:
                return Key(why=f"reads {name}, and {group.why}")
            tops |= group.modules
            if prints[live].startswith(MODULE):
                tops.add(prints[live].removeprefix(MODULE).partition(".")[0])
        parts = [self._plan.base, cell.code, self._settings_now(), *_variables(cell)]
        parts += [f"{'|'.join(group)}={print_}" for group, print_ in prints.items()]
        parts += [f"no {name}" for name in sorted(reads) if not self._names.has(name)]
        parts += [self.modules.digest()] if self.modules.own(tops) else []
        return Key(xxh3_128_hexdigest("\n".join(parts).encode("utf-8", "surrogatepass")), prints)

    def holds(self, observed: Mapping[str, Any]) -> bool:
        """Whether everything that was observed is so now."""
        return (
            all(content_of(path) == digest for path, digest in observed["files"].items())
            and all(listing_of(path) == digest for path, digest in observed["folders"].items())
            and all(state_digest(each) == digest for each, digest in observed["random"].items())
            and all(self.definition(each) == digest for each, digest in observed["definitions"].items())
        )

    def definition(self, name: str) -> str:
        """The digest of a function or class of the notebook; "" if there is none of that name."""
        group = self._names.group(name)
        return self._names.print(group, (name,)) if group is not None else ""

    def _settings_now(self) -> str:
        self._settings = self._settings or surroundings.settings()
        return self._settings


def _variables(cell: CellPlan) -> Iterator[str]:
    for name in cell.variables:
        yield f"${name}={os.environ.get(name)!r}"


def state_digest(generator: str) -> str:
    """The digest of a global random state, the same in every process; "" while nobody has imported its module."""
    state = draws.state(generator)
    if state is None:
        return ""
    parts = (state[1].tobytes(), *state[2:]) if generator == "numpy" else state
    return xxh3_128_hexdigest(repr(parts).encode())
