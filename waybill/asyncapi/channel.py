"""What is said of a subject, and the words for it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from domain.segment.events import CompletionWork, DeletionWork, PackWork, PartsWork


class Audience(StrEnum):
    """Whom a subject is for; also its tag."""

    CONTROL_PLANES = "control planes"
    OPERATORS = "operators"
    OBSERVERS = "observers"
    INTERNAL = "internal"


class Way(StrEnum):
    """What Waybill does with the messages of a subject."""

    RECEIVE = "receive"
    SEND = "send"


@dataclass(frozen=True)
class Channel:
    """One subject. `subject` None: the one that the asker names in its message.

    `payload` names a schema, `headers` those of `HEADERS`, `reply` another channel.
    """

    name: str
    subject: str | None
    audience: Audience
    payload: str
    about: str
    ways: tuple[Way, ...] = (Way.RECEIVE,)
    headers: tuple[str, ...] = ()
    reply: str | None = None
    queue: str | None = None
    parameters: dict[str, str] = field(default_factory=dict[str, str])


HEADERS: Final = {
    "Authorization": "Bearer, and the control plane's JWT; for what is an operator's, "
    "the operator's key; for a user's task, the user's API key.",
    "Waybill-Actor": "Who caused the message, to stand beside the events; the gateway "
    "says http and the caller's address. It proves nothing.",
    "reply_to": "The subject that the answer is to be published to. Without it there "
    "is none.",
    "Waybill-Statement": "The statement, letter for letter as it was signed.",
    "Waybill-Signature": "Its signature: Ed25519, hexadecimal.",
    "Waybill-Begin": "The index of the first entry that the message holds.",
    "Nats-Msg-Id": "What the broker drops a second copy by, within two minutes.",
}
PARAMETERS: Final = {
    "flow": "The data flow, as 32 hexadecimal digits: UUIDv5 of its id.",
    "segment": "The segment's id.",
    "seal": "The seal's number.",
    "kind": "The kind of work.",
    "worker": "The worker's name.",
    "service": "The service.",
    "what": "What happened: submitted, reported, cancel-requested or deleted.",
}
KINDS: Final = tuple(
    work.model_fields["kind"].default
    for work in (PartsWork, PackWork, CompletionWork, DeletionWork)
)
