"""Every event that the log may hold, by its topic, and how old ones are read.

An upcaster is a pure function from an old event's fields to the next version's; old
topics stay in `UPCASTERS` for ever, and `tests/domain/test_wire.py` keeps a frozen
sample of each.
"""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from domain.access.events import AccessRefused
from domain.archive import FlowArchived, FlowShredded
from domain.callback.events import CallbackEvent
from domain.control_plane.events import ControlPlaneEvent, DataPlaneRegistered
from domain.data_flow.events import DataFlowEvent
from domain.delivery.events import ObjectServed
from domain.endpoint.events import EndpointLearned
from domain.file.events import FileEvent
from domain.limits.events import LimitsChanged
from domain.message import Event
from domain.reception.events import ReceptionEvent
from domain.segment.events import SegmentEvent
from domain.task.events import TaskEvent
from domain.transfer.events import TransferEvent
from domain.upload.events import UploadEvent

_UNIONS = (
    DataFlowEvent,
    TransferEvent,
    SegmentEvent,
    CallbackEvent,
    ReceptionEvent,
    ControlPlaneEvent,
    FileEvent,
    TaskEvent,
    UploadEvent,
)
_ALONE: tuple[type[Event], ...] = (
    ObjectServed,
    DataPlaneRegistered,
    AccessRefused,
    LimitsChanged,
    EndpointLearned,
    FlowArchived,
    FlowShredded,
)
_KINDS: tuple[type[Event], ...] = tuple(
    event for union in _UNIONS for event in get_args(union)
)

EVENTS: Mapping[str, type[Event]] = {event.TOPIC: event for event in _KINDS + _ALONE}

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: Mapping[str, tuple[str, Upcaster]] = {}


def read(topic: str, fields: dict[str, Any]) -> Event:
    """An event of any version, as its newest class. KeyError for an unknown topic."""
    while topic in UPCASTERS:
        topic, upcast = UPCASTERS[topic]
        fields = upcast(fields)
    return EVENTS[topic].model_validate(fields)
