"""What happened to a control plane, and where we made ourselves known.

No event holds a secret: `secret` is the reference that it is kept under.
"""

from typing import ClassVar

from domain.control_plane.authorization import Authorization
from domain.message import Event


class ControlPlaneRegistered(Event):
    """Registered, or registered again with another content, which replaces the old."""

    TOPIC: ClassVar[str] = "control-plane.registered.v1"
    control_plane_id: str
    endpoint: str
    authorization: Authorization | None
    secret: str | None


class ControlPlaneDeregistered(Event):
    """It may tell us nothing any more; its secret is destroyed."""

    TOPIC: ClassVar[str] = "control-plane.deregistered.v1"
    control_plane_id: str


ControlPlaneEvent = ControlPlaneRegistered | ControlPlaneDeregistered


class DataPlaneRegistered(Event):
    """A control plane has taken our registration; `url` is where we sent it."""

    TOPIC: ClassVar[str] = "data-plane.registered.v1"
    url: str
    dataplane_id: str
    endpoint: str
    profiles: tuple[str, ...]
