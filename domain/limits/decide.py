"""Decides what follows when limits are set or cleared."""

from typing import assert_never

from domain.limits.commands import ClearLimits, LimitsCommand, SetLimits
from domain.limits.events import LimitsChanged
from domain.limits.state import AllLimits
from domain.limits.terms import UNLIMITED


def decide(command: LimitsCommand, known: AllLimits) -> tuple[LimitsChanged, ...]:
    """The event; none where it is so already."""
    match command:
        case SetLimits(limits=limits):
            pass
        case ClearLimits():
            limits = UNLIMITED
        case _:
            assert_never(command)
    if known.get(command.scope, UNLIMITED) == limits:
        return ()
    return (LimitsChanged(scope=command.scope, limits=limits),)
