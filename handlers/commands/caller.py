"""Who speaks: the control plane, and what stands as the actor beside the events."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """`control_plane_id` is empty where none is configured: nobody is called back."""

    control_plane_id: str
    actor: str
