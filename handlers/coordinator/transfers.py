"""The transfer's stream, as the dispatcher reads and writes it."""

from datetime import UTC, datetime

from domain import transfer
from domain.message import Cause
from domain.names import transfer_stream
from domain.transfer import Transfer
from domain.transfer.events import ObjectPlanned
from eventlog import EventLog
from handlers.ports import DestinationStore


async def load_transfer(log: EventLog, data_flow_id: str) -> tuple[Transfer, int]:
    """The transfer and its stream's version."""
    state, version = transfer.INITIAL, 0
    for recorded in await log.load(transfer_stream(data_flow_id)):
        assert isinstance(recorded.event, transfer.TransferEvent)  # noqa: S101 (its stream)
        state, version = transfer.evolve(state, recorded.event), recorded.version
    return state, version


def caused_by(data_flow_id: str, agreement_id: str, actor: str = "dispatcher") -> Cause:
    """The cause of what the dispatcher does for a flow."""
    return Cause(
        causation_id=f"data-flow/{data_flow_id}",
        correlation_id=data_flow_id,
        actor=actor,
        occurred_at=datetime.now(UTC),
        agreement_id=agreement_id,
    )


async def abort_strays(store: DestinationStore, decided: ObjectPlanned) -> None:
    """Abort what a crash left between creating an object's upload and recording it.

    The uploads that the key had before are not ours.
    """
    key = decided.object.destination_key
    for upload_id in await store.list_uploads(key):
        if upload_id not in decided.uploads_before:
            await store.abort_upload(key, upload_id)
