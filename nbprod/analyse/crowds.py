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

    __slots__ = ("around", "crowds", "kind", "label", "member_of", "names", "parts", "past", "texts", "wholes")

    def __init__(self, kind: str = "", label: tuple[str, str] | None = None, texts: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.label = label
        self.texts = texts
        self.names: set[str] = set()
        self.past: set[str] = set()  # names that stand for it, but that nothing below mentions
        self.parts: dict[object, dict[Place, None]] = {}  # the places under each key, in order
        self.wholes: dict[Place, None] = {}
        self.crowds: dict[object, Crowd] = {}  # stand for the places under a key, once they are many
        self.member_of: dict[Crowd, None] = {}
        self.around: dict[Crowd, None] = {}  # the crowds that it, or one of its members, is a member of

    def hold(self, key: object, parts: tuple[Place, ...]) -> None:
        """Add the parts under that key."""
        self.note(key, parts)
        for part in parts:
            part.put_into(self)

    def put_into(self, whole: Place) -> None:
        """Note what holds it now."""
        self.wholes[whole] = None
        for crowd in self.member_of if self.is_quiet else ():
            crowd.beyond[whole] = None

    @property
    def is_quiet(self) -> bool:
        """Whether a change to it is seen only by what holds it, and by names that nothing below mentions."""
        return not self.names and self.label is None

    def name(self, name: str) -> None:
        """Let a name stand for it."""
        was_quiet = self.is_quiet
        self.names.add(name)
        for crowd in self.member_of if was_quiet else ():
            crowd.loud[self] = None

    def unname(self, name: str, *, past: bool = False) -> None:
        """Let a name stand for it no more, or let it be one that nothing below mentions."""
        self.past.discard(name)
        if past:
            self.past.add(name)
        if name in self.names:
            self.names.discard(name)
            for crowd in self.member_of if self.is_quiet else ():
                crowd.quieten(self)

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
    bound to it and the wholes that hold it. What it is given to hold, each member may hold. Of the members, only those
    that are `loud` have names that matter; what holds the others is `beyond` them, and mostly the same for all.
    """

    __slots__ = ("beyond", "given", "loud", "members", "seen")

    def __init__(self, members: Iterable[Place]) -> None:
        super().__init__()
        self.members: dict[Place, None] = {}
        self.loud: dict[Place, None] = {}
        self.beyond: dict[Place, None] = {}
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
            self.members[member] = self.loud[member] = None
            member.put_into(self.seen)
            for other in [*member.around]:
                self.around[other] = other.around[self] = None
            member.member_of[self] = member.around[self] = None
            if member.is_quiet:
                self.quieten(member)
            for key, parts in [*member.parts.items()]:
                self.note(key, tuple(parts))

    @property
    def is_quiet(self) -> bool:
        """Never: its members may have names."""
        return False

    def quieten(self, member: Place) -> None:
        """Note that no name of a member matters any more."""
        self.loud.pop(member, None)
        self.beyond.update(member.wholes)

    def hold(self, key: object, parts: tuple[Place, ...]) -> None:
        """Add parts that one of the members holds under that key."""
        super().hold(key, parts)
        self.given.note(key, parts)
