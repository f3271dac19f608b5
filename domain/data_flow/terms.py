"""What the two participants agreed, as the control plane told it."""

from pydantic import Field

from domain.message import Message


class Terms(Message):
    """Recorded with the flow's first event; the agreement id stands beside every event.

    `control_plane_id` is whose flow it is; empty where none was configured.
    `callback_address` is only what the message itself named.
    """

    participant_id: str
    counter_party_id: str
    dataspace_context: str
    agreement_id: str
    dataset_id: str
    profile: str
    labels: tuple[str, ...] = ()
    callback_address: str | None = None
    control_plane_id: str = Field(default="", exclude_if=lambda value: not value)
