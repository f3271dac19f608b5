"""A message at a door, as far as access is concerned."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from faststream.nats import NatsMessage

from domain import names
from domain.access.claims import shown

_ACTOR = "waybill-actor"
_AUTHORIZATION = "authorization"
_LONGEST_HEADER = 16 * 1024


class Door(StrEnum):
    """The ways in."""

    HTTP = "http"
    REQUEST = "request"
    SIGNAL = "signal"


@dataclass(frozen=True)
class Asked:
    """Who asks what, by which door; nothing of it is proven yet.

    `remote` is what a gateway says of its client, else `nats`. `at` is when it was
    said: for a durable signal, when the broker took it.
    """

    door: Door
    verb: str
    authorization: str = field(repr=False)
    remote: str
    data_flow_id: str | None
    deliveries: int
    at: datetime

    @classmethod
    def of(cls, message: NatsMessage, *, durable: bool) -> Self:
        """Read from the message's headers, and from the broker's."""
        headers = {name.lower(): value for name, value in message.headers.items()}
        remote = headers.get(_ACTOR, "nats")
        door = Door.HTTP if remote.startswith("http:") else Door.REQUEST
        deliveries, at = 1, datetime.now(UTC)
        if durable:
            door, metadata = Door.SIGNAL, message.raw_message.metadata
            deliveries, at = metadata.num_delivered or 1, metadata.timestamp
        return cls(
            door=door,
            verb=names.verb_of(message.raw_message.subject),
            authorization=headers.get(_AUTHORIZATION, "")[: _LONGEST_HEADER + 1],
            remote=remote,
            data_flow_id=_flow_in(message.body),
            deliveries=deliveries,
            at=at,
        )

    @property
    def readable(self) -> bool:
        """Whether the header is of a size that a token may have."""
        return len(self.authorization) <= _LONGEST_HEADER


def _flow_in(body: bytes) -> str | None:
    """Only to be noted: it may be wrong, and who has it may be refused."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    return shown(said.get("dataFlowId") or said.get("processId"))
