"""How fast the plane may move data: for itself, per endpoint, per data flow.

One stream holds the limits of all scopes, so that a worker follows them with one
question, and their history is one history (`docs/decisions/0020-shared-limits.md`).
"""

from domain.limits.bucket import Bucket
from domain.limits.commands import ClearLimits, LimitsCommand, SetLimits
from domain.limits.decide import decide
from domain.limits.events import LimitsChanged
from domain.limits.state import INITIAL, AllLimits, evolve
from domain.limits.terms import (
    NONE,
    UNLIMITED,
    Day,
    Limits,
    Rates,
    Window,
    limits_at,
)

__all__ = [
    "INITIAL",
    "NONE",
    "UNLIMITED",
    "AllLimits",
    "Bucket",
    "ClearLimits",
    "Day",
    "Limits",
    "LimitsChanged",
    "LimitsCommand",
    "Rates",
    "SetLimits",
    "Window",
    "decide",
    "evolve",
    "limits_at",
]
