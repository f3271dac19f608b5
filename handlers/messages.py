"""What the handlers tell one another on the bus."""

from domain.message import Message


class SegmentTask(Message):
    """A segment to do; `epoch` counts how often it was put into the queue."""

    data_flow_id: str
    segment_id: str
    epoch: int


class Control(Message):
    """A flow stops, at once: `suspended` or `terminated`, or it is `waiting`."""

    data_flow_id: str
    state: str


class Confirmation(Message):
    """A worker copies no byte of the flow any more."""

    worker: str


class SegmentName(Message):
    """A segment that a worker has in hand."""

    data_flow_id: str
    segment_id: str


class Heartbeat(Message):
    """A worker lives, has this many slots, and these segments in hand.

    `scopes` are what it has work for that limits may be for: limits are shared by them.
    """

    worker: str
    slots: int
    segments: tuple[SegmentName, ...] = ()
    scopes: tuple[str, ...] = ()


class LimitsNews(Message):
    """Limits were changed: they are in the log, up to this version of their stream."""

    version: int
