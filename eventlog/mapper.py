"""Between our events and the library's stored ones: JSON under an explicit topic."""

from uuid import UUID

import pydantic_core
from eventsourcing.persistence import StoredEvent

from domain import topics
from domain.message import Event, Metadata, Recorded

_FIELDS = set(Recorded.model_fields)


def to_stored(
    stream: UUID, version: int, event: Event, metadata: Metadata
) -> StoredEvent:
    """What the recorder stores. The topic is the event's own, never a class path."""
    return StoredEvent(
        originator_id=stream,
        originator_version=version,
        topic=event.TOPIC,
        state=pydantic_core.to_json({"event": event, "metadata": metadata}),
    )


def to_recorded(
    position: int, stream: UUID, version: int, topic: str, state: bytes
) -> Recorded:
    """What the recorder stored, as the newest version of its event."""
    body = pydantic_core.from_json(state)
    # Built without validation, and not even by `model_construct`, which takes longer
    # than reading the JSON: its parts are validated, and this runs per event.
    recorded = Recorded.__new__(Recorded)
    set_attribute = object.__setattr__
    fields = {
        "stream": stream,
        "version": version,
        "position": position,
        "metadata": Metadata.model_validate(body["metadata"]),
        "event": topics.read(topic, body["event"]),
    }
    set_attribute(recorded, "__dict__", fields)
    set_attribute(recorded, "__pydantic_fields_set__", _FIELDS)
    set_attribute(recorded, "__pydantic_extra__", None)
    set_attribute(recorded, "__pydantic_private__", None)
    return recorded
