"""The limits of all scopes as the events left them."""

from collections.abc import Mapping

from domain.limits.events import LimitsChanged
from domain.limits.terms import UNLIMITED, Limits

# By scope; what is not limited is not in it.
AllLimits = Mapping[str, Limits]

INITIAL: AllLimits = {}


def evolve(known: AllLimits, event: LimitsChanged) -> AllLimits:
    """The limits after the event."""
    others = {scope: each for scope, each in known.items() if scope != event.scope}
    if event.limits == UNLIMITED:
        return others
    return {**others, event.scope: event.limits}
