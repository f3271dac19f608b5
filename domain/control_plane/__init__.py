"""A control plane that may tell us what to do, and that is told what becomes of it."""

from domain.control_plane.commands import (
    ControlPlaneCommand,
    DeregisterControlPlane,
    RegisterControlPlane,
)
from domain.control_plane.decide import decide
from domain.control_plane.events import ControlPlaneEvent
from domain.control_plane.state import INITIAL, ControlPlane, evolve

__all__ = [
    "INITIAL",
    "ControlPlane",
    "ControlPlaneCommand",
    "ControlPlaneEvent",
    "DeregisterControlPlane",
    "RegisterControlPlane",
    "decide",
    "evolve",
]
