"""Who speaks: the control plane, and what stands as the actor beside the events."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """`control_plane_id` is empty where none is meant: nobody is called back.

    An operator may command the flows of all.
    """

    control_plane_id: str
    actor: str
    operator: bool = False
