"""What the witness of the log is told."""

from collections.abc import Iterator

from domain import names
from waybill.asyncapi.channel import PARAMETERS, Audience, Channel, Way

_HEADERS = ("Nats-Msg-Id", "Waybill-Statement", "Waybill-Signature")


def witness() -> Iterator[Channel]:
    """The two subjects of the stream WITNESS."""
    yield Channel(
        name="witness-key",
        subject=names.WITNESS_KEYS,
        audience=Audience.OBSERVERS,
        payload="Nothing",
        about="A key of the notary takes over. Kept in the stream WITNESS, for good.",
        ways=(Way.SEND,),
        headers=_HEADERS,
    )
    yield Channel(
        name="witness-seal",
        subject=names.WITNESS_SUBJECTS.replace(">", "seal.{seal}"),
        audience=Audience.OBSERVERS,
        payload="SealEntries",
        about="A page of the log was sealed; a page that grows is told again. Kept in "
        "the stream WITNESS, for good. docs/proof.md has the form.",
        ways=(Way.SEND,),
        headers=(*_HEADERS, "Waybill-Begin"),
        parameters={"seal": PARAMETERS["seal"]},
    )
