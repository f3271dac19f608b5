"""The states of a task, and which may follow which."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """How far a task is."""

    SUBMITTED = "submitted"
    DISPATCHED = "dispatched"
    RUNNING = "running"
    SUSPENDED = "suspended"
    # For credentials: somebody must act, and then it goes on.
    WAITING = "waiting"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})

# Of what is reported by those who carry tasks out elsewhere.
REPORTABLE: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.SUBMITTED: frozenset({Status.DISPATCHED, Status.RUNNING}) | OVER,
        Status.DISPATCHED: frozenset({Status.RUNNING}) | OVER,
        Status.RUNNING: OVER,
        Status.CANCELLING: OVER,
        **dict.fromkeys(OVER, frozenset()),
    }
)
