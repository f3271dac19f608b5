"""What one scope's share lets through in this process."""

from dataclasses import dataclass, field

from domain.limits import Bucket
from domain.limits.shares import Share
from handlers.limits.gate import Gate

# What may go at once after a while of silence, in seconds of its rate.
BURST_SECONDS = 0.25


def _bucket() -> Bucket:
    return Bucket(BURST_SECONDS)


@dataclass(eq=False)
class Throttle:
    """Of all flows of this process that the scope is for."""

    users: int = 0
    bytes: Bucket = field(default_factory=_bucket)
    requests: Bucket = field(default_factory=_bucket)
    gate: Gate = field(default_factory=Gate)

    def change(self, share: Share, now: float) -> None:
        """Another share from now on."""
        self.bytes.change(share.bytes_per_second, now)
        self.requests.change(share.requests_per_second, now)
        self.gate.change(share.parts_at_once)
