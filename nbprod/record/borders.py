"""What the values at a step's border are: described once, as long as nothing ran in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.model.graph import RANDOM_STATES
from nbprod.values import describe, draws, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nbprod.model.graph import Graph
    from nbprod.model.record import ValueSeen

MISSING = object()


def in_a_module(value: Any, graph: Graph) -> Any:
    """Return the value as a step makes it: the lines that `x = !cmd` gives are IPython's own kind of list.

    They are a plain one in a module, unless the notebook asks them for more.
    """
    is_lines = isinstance(value, list) and type(value).__module__ == "IPython.utils.text"
    return list(value) if is_lines and not graph.keeps_shell_lines else value


class Border:
    """Looks at the notebook's values by name. `moved` says that a cell ran: what was seen before may have changed.

    `graph` is asked for the graph as it stands.
    """

    def __init__(self, namespace: Mapping[str, Any], graph: Callable[[], Graph]) -> None:
        self._graph = graph
        self._namespace = namespace
        self._prints: dict[str, str] = {}
        self._seen: dict[tuple[str, str], ValueSeen] = {}

    def moved(self) -> None:
        """Forget what was seen: the user's code runs."""
        self._prints.clear()

    def value(self, name: str) -> Any:
        """The value of that name, a global random state if it is one of those, or MISSING."""
        if name in self._namespace or name not in RANDOM_STATES:
            return in_a_module(self._namespace.get(name, MISSING), self._graph())
        state = draws.state(RANDOM_STATES[name])
        return MISSING if state is None else state

    def values(self, names: Iterable[str]) -> dict[str, Any]:
        """Those of the names that have a value, with it."""
        found = ((name, self.value(name)) for name in names)
        return {name: value for name, value in found if value is not MISSING}

    def prints(self, names: Iterable[str]) -> dict[str, str]:
        """The digests of those values; "" for what has none."""
        return {name: self._print(name, value) for name, value in self.values(names).items()}

    def describe(self, names: Iterable[str]) -> tuple[ValueSeen, ...]:
        """What there is to say of those values; equal content is described once."""
        return tuple(self._describe(name, value) for name, value in self.values(names).items())

    def learn(self, values: Iterable[ValueSeen]) -> None:
        """Remember how values are stored, for when they are looked at again as inputs."""
        self._seen.update({(each.name, each.fingerprint): each for each in values if each.fingerprint})

    def _print(self, name: str, value: Any) -> str:
        if name not in self._prints:
            self._prints[name] = fingerprint(value, name).digest
        return self._prints[name]

    def _describe(self, name: str, value: Any) -> ValueSeen:
        known = self._seen.get((name, self._prints.get(name, "")))
        if known is None:
            known = describe(name, value)
            self._prints[name] = known.fingerprint
            if known.fingerprint:
                self._seen[name, known.fingerprint] = known
        return known
