"""What an event says was copied, received or served: bytes and objects."""

from collections.abc import Callable, Mapping
from typing import Any

from domain.delivery.events import ObjectServed
from domain.message import Event
from domain.reception.events import ObjectReceived
from domain.segment.events import ObjectCopied, ObjectsCopied, PartCopied

Copied = tuple[int, int]


def _part(event: PartCopied) -> Copied:
    return event.length_bytes, 0


def _objects(event: ObjectsCopied) -> Copied:
    there = [each.size_bytes for each in event.objects if each.error is None]
    return sum(there), len(there)


def _object(event: ObjectCopied) -> Copied:
    # Its bytes were counted part by part.
    return 0, int(event.object.error is None)


def _received(event: ObjectReceived) -> Copied:
    return event.size_bytes, 1


def _served(event: ObjectServed) -> Copied:
    return event.size_bytes, event.complete


COPIED: Mapping[type[Event], Callable[[Any], Copied]] = {
    PartCopied: _part,
    ObjectsCopied: _objects,
    ObjectCopied: _object,
    ObjectReceived: _received,
    ObjectServed: _served,
}
