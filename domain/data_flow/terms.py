"""What the two participants agreed, as the control plane told it."""

from domain.message import Message


class Terms(Message):
    """Recorded with the flow's first event; the agreement id stands in every report."""

    participant_id: str
    counter_party_id: str
    dataspace_context: str
    agreement_id: str
    dataset_id: str
    profile: str
    labels: tuple[str, ...] = ()
    callback_address: str | None = None
