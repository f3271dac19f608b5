"""Refusals of access, for whoever looks after the plane."""

from typing import ClassVar

from domain.message import Event


class AccessRefused(Event):
    """Somebody asked and may not.

    `claimed` and `issuer` are what the token says of itself, and nothing of it is
    proven; both are cut. `suppressed` is how many refusals before this one, and since
    the last that was recorded, were left out because they were too many.
    """

    TOPIC: ClassVar[str] = "access.refused.v1"
    door: str
    verb: str
    data_flow_id: str | None
    code: str
    detail: str
    claimed: str | None
    issuer: str | None
    remote: str
    suppressed: int
