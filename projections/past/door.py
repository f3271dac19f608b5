"""What went through the data door, as the journals left it (sizes in bytes). Pure."""

from dataclasses import dataclass, field

from domain import reception
from domain.delivery.events import ObjectServed
from domain.reception import ReceptionEvent, Upload
from domain.reception.state import Phase


@dataclass(slots=True)
class Door:
    """Uploads that are under way, and what has arrived or was read."""

    uploads: dict[str, Upload] = field(default_factory=dict[str, Upload])
    received: int = 0
    received_bytes: int = 0
    aborted: int = 0
    requests: int = 0
    served: int = 0
    served_bytes: int = 0

    def receive(self, event: ReceptionEvent) -> None:
        """Fold an event of an upload; one that is over is only counted."""
        before = self.uploads.get(event.upload_id, reception.INITIAL)
        upload = reception.evolve(before, event)
        self.uploads[event.upload_id] = upload
        if upload.phase is Phase.RECEIVED and upload.received is not None:
            self.received += 1
            self.received_bytes += upload.received.size_bytes
        self.aborted += upload.phase is Phase.ABORTED
        if upload.phase in (Phase.RECEIVED, Phase.ABORTED):
            del self.uploads[event.upload_id]

    def serve(self, event: ObjectServed) -> None:
        """Count reads; `served` are those that ended with their last byte."""
        self.requests += event.requests
        self.served += event.complete
        self.served_bytes += event.size_bytes
