"""Who works on what now: the workers that this gateway has heard of lately."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from nats.aio.msg import Msg
from pydantic import BaseModel, ConfigDict, ValidationError

from projections.views import Moment, View

# So long after its last heartbeat a worker is shown no more.
_GONE_SECONDS: Final = 30.0
_MOST_WORKERS: Final = 10_000


class SegmentInHand(View):
    """A segment that a worker has in hand."""

    data_flow_id: str
    segment_id: str


class Worker(View):
    """A worker or data door that lives; a door has no slots for segments."""

    worker: str
    slots: int
    segments: tuple[SegmentInHand, ...]
    heard_at: Moment


class _Named(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data_flow_id: str
    segment_id: str


class _Beat(BaseModel):
    # A newer worker may tell more than this gateway knows of.
    model_config = ConfigDict(extra="ignore")

    worker: str
    slots: int
    segments: tuple[_Named, ...] = ()


class Roll:
    """Who was heard lately. Heartbeats get lost: that of a moment ago counts too."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody was heard yet."""
        self._clock = clock
        self._heard: dict[str, tuple[float, Worker]] = {}

    async def hear(self, message: Msg) -> None:
        """A heartbeat; what is none is passed over."""
        try:
            beat = _Beat.model_validate_json(message.data)
        except ValidationError:
            return
        if len(self._heard) < _MOST_WORKERS or beat.worker in self._heard:
            seen = Worker(**beat.model_dump(), heard_at=datetime.now(UTC))
            self._heard[beat.worker] = self._clock(), seen

    def present(self) -> tuple[Worker, ...]:
        """Those heard lately, by name."""
        since = self._clock() - _GONE_SECONDS
        self._heard = {k: seen for k, seen in self._heard.items() if seen[0] > since}
        return tuple(self._heard[name][1] for name in sorted(self._heard))
