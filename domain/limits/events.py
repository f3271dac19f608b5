"""What happened to the limits; who did it stands beside the event."""

from typing import ClassVar

from domain.limits.terms import Limits
from domain.message import Event


class LimitsChanged(Event):
    """From now on these hold for the scope, whatever held before; none: cleared."""

    TOPIC: ClassVar[str] = "limits.changed.v1"
    scope: str
    limits: Limits
