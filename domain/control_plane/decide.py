"""Decides what follows when a control plane is registered or deregistered."""

from typing import assert_never

from domain.control_plane.commands import (
    ControlPlaneCommand,
    DeregisterControlPlane,
    RegisterControlPlane,
)
from domain.control_plane.events import (
    ControlPlaneDeregistered,
    ControlPlaneEvent,
    ControlPlaneRegistered,
)
from domain.control_plane.state import ControlPlane
from domain.errors import UnknownControlPlaneError


def decide(
    command: ControlPlaneCommand, plane: ControlPlane
) -> tuple[ControlPlaneEvent, ...]:
    """The events; none where it is registered just so.

    Raises UnknownControlPlaneError for a deregistration of what is not registered.
    """
    match command:
        case RegisterControlPlane():
            event = ControlPlaneRegistered(**dict(command))
            known = (plane.endpoint, plane.authorization, plane.secret)
            said = (event.endpoint, event.authorization, event.secret)
            return () if plane.registered and known == said else (event,)
        case DeregisterControlPlane(control_plane_id=control_plane_id):
            if not plane.registered:
                raise UnknownControlPlaneError("no control plane has this id")
            return (ControlPlaneDeregistered(control_plane_id=control_plane_id),)
        case _:
            assert_never(command)
