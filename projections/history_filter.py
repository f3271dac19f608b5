"""Which lines of a history are wanted. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.errors import InvalidMessageError
from domain.topics import EVENTS, UPCASTERS

KINDS: Final = (
    "data-flow",
    "transfer",
    "segment",
    "callback",
    "reception",
    "delivery",
    "archive",
)


@dataclass(frozen=True)
class Chosen:
    """Lines up to position `to`, of these topics, by this actor, in this time.

    None, or no topics, is any. `actor` may end in a star. The time is the log's own
    (`recordedAt`): `since` is in it, `until` is not.
    """

    topics: frozenset[str] = frozenset()
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    to: int | None = None

    @property
    def sifts(self) -> bool:
        """Whether a line has to be looked into."""
        return not (self.actor is None and self.since is None and self.until is None)

    def takes(self, metadata: dict[str, Any]) -> bool:
        """Whether what travels beside an event is what was asked for."""
        if self.actor is not None and not _matches(self.actor, metadata["actor"]):
            return False
        if self.since is None and self.until is None:
            return True
        at = datetime.fromisoformat(metadata["recorded_at"])
        early = self.since is not None and at < self.since
        return not early and (self.until is None or at < self.until)


EVERYTHING: Final = Chosen()


def topics_named(topics: Collection[str], kinds: Collection[str]) -> frozenset[str]:
    """The topics of these names and of these kinds of streams; none: any.

    A name may leave out its version, and then means all. Raises InvalidMessageError
    for a name or kind that there is not, or where nothing can be both.
    """
    known = EVENTS.keys() | UPCASTERS.keys()
    found = frozenset(known)
    if topics:
        found &= frozenset(each for name in topics for each in _named(name, known))
    if kinds:
        found &= frozenset(each for each in known if _kind(each) in _checked(kinds))
    if not found:
        raise InvalidMessageError("topic, kind: no event is both")
    return found if topics or kinds else frozenset()


def _named(name: str, known: Iterable[str]) -> list[str]:
    found = [each for each in known if name in (each, each.rpartition(".")[0])]
    if not found:
        raise InvalidMessageError("topic: there is no such event")
    return found


def _kind(topic: str) -> str:
    event = EVENTS.get(topic)
    if event is not None and "segment_id" in event.model_fields:
        return "segment"
    return topic.partition(".")[0]


def _checked(kinds: Collection[str]) -> Collection[str]:
    if not set(kinds) <= set(KINDS):
        raise InvalidMessageError(f"kind: must be of {', '.join(KINDS)}")
    return kinds


def _matches(wanted: str, actor: str) -> bool:
    if wanted.endswith("*"):
        return actor.startswith(wanted[:-1])
    return actor == wanted
