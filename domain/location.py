"""One side of a copy, as it may be recorded: everything but the secret."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from domain.message import Message
from domain.scheduling.priority import USUAL, Priority
from domain.scheduling.timing import Timing
from domain.transfer.deletions import Deletion
from domain.transfer.filters import Selection
from domain.transfer.manifest import Manifest
from domain.transfer.properties import NONE, Properties
from domain.transfer.sync import Level


class Direction(StrEnum):
    """Who moves the bytes: push, the provider; pull, the consumer."""

    PUSH = "push"
    PULL = "pull"


class Role(StrEnum):
    """Whose data plane this is for a flow."""

    PROVIDER = "provider"
    CONSUMER = "consumer"


class Location(Message):
    """Where data is or goes.

    `fields` are those of the mechanism's own address template; `secret` is a
    reference into the secret store, never the secret. Without fields it only says which
    secret to use with an address that is still to come. `foreign`: the other side of
    the transfer named it, so nothing of our own may be given away there.
    """

    mechanism: str
    fields: dict[str, str | bool | None]
    secret: str | None = None
    foreign: bool = Field(default=False, exclude_if=lambda value: not value)


def relocated(old: Location | None, new: Location | None) -> Location | None:
    """The new location if there is one; what it leaves out it keeps of the old."""
    if new is None or old is None:
        return new or old
    if new.mechanism != old.mechanism:
        return new
    kept = {"fields": new.fields or old.fields, "secret": new.secret or old.secret}
    return new.model_copy(update=kept)


class PlanMode(StrEnum):
    """What becomes of a plan: it runs, or it stays one, or it waits for approval."""

    RUN = "run"
    ONLY = "only"
    APPROVE = "approve"


def _nothing(value: object) -> bool:
    return value is None


class CopyOptions(Message):
    """What the control plane may tune; None leaves it to the plan (sizes in bytes)."""

    multipart_threshold_bytes: int | None = Field(default=None, gt=0)
    part_size_bytes: int | None = Field(default=None, gt=0)
    concurrency: int | None = Field(default=None, gt=0, le=256)
    force_multipart: bool = False
    # False: there is no last object, so the plane never completes the flow by itself.
    finite: bool = Field(default=True, exclude_if=bool)
    selection: Selection = Field(
        default_factory=Selection, exclude_if=lambda value: value == Selection()
    )
    sync: Level = Field(
        default=Level.ALWAYS, exclude_if=lambda value: value is Level.ALWAYS
    )
    plan: PlanMode = Field(
        default=PlanMode.RUN, exclude_if=lambda value: value is PlanMode.RUN
    )

    properties: Properties = Field(default=NONE, exclude_if=lambda each: each == NONE)

    # The keys come from a manifest, or are those that an earlier flow could not copy.
    manifest: Manifest | None = Field(default=None, exclude_if=_nothing)
    failed_of: str | None = Field(default=None, exclude_if=_nothing)
    # None: nothing is ever deleted.
    deletion: Deletion | None = Field(default=None, exclude_if=_nothing)

    # Whose share it uses, where that is not the control plane's own; how urgent it is
    # among those; and when it may copy.
    tenant: str | None = Field(
        default=None, min_length=1, max_length=256, exclude_if=_nothing
    )
    priority: Priority = Field(default=USUAL, exclude_if=lambda value: value == USUAL)
    timing: Timing = Field(
        default_factory=Timing, exclude_if=lambda value: value == Timing()
    )

    @model_validator(mode="after")
    def _the_keys_have_one_source(self) -> Self:
        named = [each for each in (self.manifest, self.failed_of) if each is not None]
        if named and (len(named) > 1 or not self.finite):
            msg = "manifest, failedOf and finite: at most one may be given"
            raise ValueError(msg)
        if self.deletion is not None and (named or not self.finite):
            msg = "deleteExtra needs the whole listing of the source"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _a_plan_has_an_end(self) -> Self:
        if self.plan is not PlanMode.RUN and not self.finite:
            msg = "a plan needs an end: finite must not be false"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _a_deadline_is_of_an_end(self) -> Self:
        if self.timing.deadline is not None and not self.finite:
            msg = "a deadline needs an end: finite must not be false"
            raise ValueError(msg)
        return self
