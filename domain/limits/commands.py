"""What an operator may say of a scope's limits."""

from domain.limits.terms import Limits
from domain.message import Message


class SetLimits(Message):
    """These, in place of those that were."""

    scope: str
    limits: Limits


class ClearLimits(Message):
    """None any more."""

    scope: str


LimitsCommand = SetLimits | ClearLimits
