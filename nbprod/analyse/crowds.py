"""One object that names or other objects may reach, and the crowd of many of which a name may stand for any."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ANY = "*"  # the key of a part that no constant names
_ALL = object()  # the key of the crowd of all parts, whatever their keys
MANY = 16  # objects that one name may stand for, before they count as a crowd


class Place:
    """One object: the names bound to it, the parts that it holds, and the wholes that hold it."""

    __slots__ = ("around", "crowds", "kind", "label", "member_of", "names", "parts", "texts", "wholes")

    def __init__(self, kind: str = "", label: tuple[str, str] | None = None, texts: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.label = label
        self.texts = texts
        self.names: set[str] = set()
        self.parts: dict[object, dict[Place, None]] = {}  # the places under each key, in order
        self.wholes: dict[Place, None] = {}
        self.crowds: dict[object, Crowd] = {}  # stand for the places under a key, once they are many
        self.member_of: dict[Crowd, None] = {}
        self.around: dict[Crowd, None] = {}  # the crowds that it, or one of its members, is a member of

    def hold(self, key: object, parts: tuple[Place, ...]) -> None:
        """Add the parts under that key."""
        self.note(key, parts)
        for part in parts:
            part.wholes[self] = None

    def note(self, key: object, parts: Iterable[Place]) -> None:
        """Let whoever asks for what is under the key find the parts, too."""
        held = self.parts.setdefault(key, {})
        new = tuple(part for part in parts if part not in held)
        held.update(dict.fromkeys(new))
        for at in (key, _ALL):
            if at in self.crowds:
                self.crowds[at].take_in(new)
        for crowd in [*self.member_of] if new else ():
            crowd.note(key, new)

    def under(self, key: object) -> tuple[Place, ...]:
        """Return the places under exactly that key; many are one crowd."""
        held = self.parts.get(key, {})
        if len(held) <= MANY:
            return tuple(held)
        if key not in self.crowds:
            self.crowds[key] = Crowd(held)
        return (self.crowds[key],)

    def everything(self) -> tuple[Place, ...]:
        """Return the places under all keys; many are one crowd."""
        if _ALL not in self.crowds:
            found = tuple(place for key in self.parts for place in self.under(key))
            if len(found) <= MANY:
                return found
            self.crowds[_ALL] = Crowd(found)
        return (self.crowds[_ALL],)


class Crowd(Place):
    """Any one of many objects: a name bound to it may stand for each of them, without being bound to each.

    Who changes it may have changed each member. Who changes a member has changed what is `seen` of the crowd: the names
    bound to it and the wholes that hold it. What it is given to hold, each member may hold.
    """

    __slots__ = ("given", "members", "seen")

    def __init__(self, members: Iterable[Place]) -> None:
        super().__init__()
        self.members: dict[Place, None] = {}
        self.given = Place()
        self.seen = Place()
        self.seen.names, self.seen.wholes = self.names, self.wholes
        self.take_in(members)

    def take_in(self, members: Iterable[Place]) -> None:
        """Count objects among the many."""
        for member in [*members]:
            if member is self or member in self.members:
                continue
            self.kind = self.kind or member.kind
            self.members[member] = None
            member.wholes[self.seen] = None
            for other in [*member.around]:
                self.around[other] = other.around[self] = None
            member.member_of[self] = member.around[self] = None
            for key, parts in [*member.parts.items()]:
                self.note(key, tuple(parts))

    def hold(self, key: object, parts: tuple[Place, ...]) -> None:
        """Add parts that one of the members holds under that key."""
        super().hold(key, parts)
        self.given.note(key, parts)
