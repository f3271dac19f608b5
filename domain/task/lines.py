"""What a user reads of a task: a line for each thing that happened. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from domain.data_flow.events import (
    DataFlowCompleted,
    DataFlowErrored,
    DataFlowReady,
    DataFlowResumed,
    DataFlowStarted,
    DataFlowStarting,
    DataFlowSuspended,
    DataFlowTerminated,
)
from domain.message import Event
from domain.task.events import (
    TaskCancelRequested,
    TaskDeleted,
    TaskReported,
    TaskSubmitted,
)


@dataclass(frozen=True)
class Entry:
    """A line, and when it happened (aware)."""

    at: datetime
    message: str

    def text(self, zone: tzinfo) -> str:
        """`<iso timestamp with offset>,<message>`, by the clock of a zone."""
        # Always with microseconds, so that the lines sort and align.
        moment = self.at.astimezone(zone).isoformat(timespec="microseconds")
        return f"{moment},{self.message}"


def lines_of(event: Event) -> tuple[str, ...]:
    """The lines of one event; none where it is nothing to a user."""
    if isinstance(event, TaskReported):
        return _reported(event)
    words = _WORDS.get(type(event))
    if words is None:
        return ()
    return (words(event) if callable(words) else words,)


def _submitted(event: Event) -> str:
    assert isinstance(event, TaskSubmitted)  # noqa: S101 (the table's key)
    return f"Submitted to {event.service} by {event.user_id}"


def _cancelled(event: Event) -> str:
    assert isinstance(event, TaskCancelRequested)  # noqa: S101 (the table's key)
    return f"Cancellation requested{_because(event.reason)}"


def _suspended(event: Event) -> str:
    assert isinstance(event, DataFlowSuspended)  # noqa: S101 (the table's key)
    return f"Suspended{_because(event.reason)}"


def _terminated(event: Event) -> str:
    assert isinstance(event, DataFlowTerminated)  # noqa: S101 (the table's key)
    return f"Ended{_because(event.reason)}"


def _errored(event: Event) -> str:
    assert isinstance(event, DataFlowErrored)  # noqa: S101 (the table's key)
    return f"Error {event.code}: {event.detail}"


def _completed(event: Event) -> str:
    assert isinstance(event, DataFlowCompleted)  # noqa: S101 (the table's key)
    if event.objects is None:
        return "Completed"
    return f"Completed: {event.objects} objects, {event.size_bytes} bytes"


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else ""


_WORDS: Mapping[type[Event], str | Callable[[Event], str]] = {
    TaskSubmitted: _submitted,
    TaskCancelRequested: _cancelled,
    TaskDeleted: "Deleted",
    DataFlowStarting: "Dispatched: the data flow is being made ready",
    DataFlowStarted: "Dispatched: the data flow has started",
    DataFlowReady: "The data flow is ready",
    DataFlowSuspended: _suspended,
    DataFlowResumed: "Resumed",
    DataFlowErrored: _errored,
    DataFlowCompleted: _completed,
    DataFlowTerminated: _terminated,
}


def _reported(event: TaskReported) -> tuple[str, ...]:
    said = f"{event.status}".capitalize() if event.status else ""
    detail = f"{event.code}: {event.detail}" if event.code else event.detail
    first = ": ".join(filter(None, (said, detail)))
    return (*event.log, *((first,) if first else ()))
