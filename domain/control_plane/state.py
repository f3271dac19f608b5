"""A control plane as its events left it."""

from dataclasses import dataclass
from typing import assert_never

from domain.control_plane.authorization import Authorization
from domain.control_plane.events import (
    ControlPlaneDeregistered,
    ControlPlaneEvent,
    ControlPlaneRegistered,
)


@dataclass(frozen=True)
class ControlPlane:
    """`endpoint` is the base of its callbacks' URLs; `secret` a reference."""

    control_plane_id: str = ""
    endpoint: str = ""
    authorization: Authorization | None = None
    secret: str | None = None
    registered: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Each `sub` of a token that means this control plane."""
        other = self.authorization and self.authorization.subject
        return frozenset({self.control_plane_id, other or self.control_plane_id})


INITIAL = ControlPlane()


def evolve(_: ControlPlane, event: ControlPlaneEvent) -> ControlPlane:
    """The control plane after the event: nothing of what was before stays."""
    match event:
        case ControlPlaneRegistered():
            return ControlPlane(
                control_plane_id=event.control_plane_id,
                endpoint=event.endpoint,
                authorization=event.authorization,
                secret=event.secret,
                registered=True,
            )
        case ControlPlaneDeregistered(control_plane_id=control_plane_id):
            return ControlPlane(control_plane_id=control_plane_id)
        case _:
            assert_never(event)
