"""The protocol's messages (Data Plane Signaling 1.0 RC3, and RC4's one new name).

Reading is a union of the dialects in use: `profile` or `transferType`, `dataFlowId` or
`processId`, explicit nulls, unknown fields, an optional `callbackAddress`. Writing is
strict. camelCase stops here.
"""

import re
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from domain.errors import InvalidMessageError
from domain.limits.summary import LimitsSummary
from domain.message import without_nulls
from domain.scheduling.priority import MOST_URGENT
from domain.task.summary import TaskSummary


def _whole(value: object) -> object:
    # JSON knows one kind of number: 2.0 is 2, but true and "2" are no numbers.
    return int(value) if isinstance(value, float) and value.is_integer() else value


class IncomingMessage(BaseModel):
    """Read with patience: nulls are absent, unknown fields are passed over."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )

    @model_validator(mode="before")
    @classmethod
    def _nulls_are_absent(cls, data: object) -> object:
        return without_nulls(data)

    @classmethod
    def read(cls, data: object) -> Self:
        """Parse, or raise `InvalidMessageError` naming the field but not its value."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            where = "; ".join(
                f"{'.'.join(map(str, line['loc'])) or 'message'}: {line['msg']}"
                for line in error.errors(include_input=False, include_url=False)
            )
            raise InvalidMessageError(where) from None


# Printable and short: it stands in rows, URLs and logs.
DataFlowId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=256,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        validation_alias=AliasChoices("dataFlowId", "processId"),
    ),
]


def _said(address: dict[str, Any] | None) -> dict[str, Any] | None:
    """None for an address that says nothing, as in the specification's examples."""
    said = {name for name, value in (address or {}).items() if value is not None}
    return address if said - {"@type"} else None


Address = Annotated[dict[str, Any] | None, AfterValidator(_said)]


class FollowUpMessage(IncomingMessage):
    """`started`, `suspend`, `resume`, `terminate`, `completed` and `status`.

    On the bus the flow is named in `dataFlowId`; over HTTP the path names it.
    """

    data_flow_id: DataFlowId
    message_id: str | None = None
    reason: str | None = None
    data_address: Address = None


class PriorityMessage(FollowUpMessage):
    """`prioritize`, a command of ours: the flow's priority from now on."""

    priority: Annotated[
        int, Field(strict=True, ge=1, le=MOST_URGENT), BeforeValidator(_whole)
    ]


class CreatingMessage(IncomingMessage):
    """`prepare` and `start`: the messages that create a data flow."""

    data_flow_id: DataFlowId
    message_id: str | None = None
    participant_id: str = ""
    counter_party_id: str = ""
    dataspace_context: str = ""
    agreement_id: str = ""
    dataset_id: str = ""
    profile: str = Field(validation_alias=AliasChoices("profile", "transferType"))
    labels: tuple[str, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict)
    callback_address: str | None = None
    data_address: Address = None

    @field_validator("callback_address")
    @classmethod
    def _no_credentials_in_the_address(cls, value: str | None) -> str | None:
        # It is recorded and logged, so it must not hold anything worth stealing.
        if value and not is_plain_url(value):
            msg = "must be an http(s) URL without credentials, query or fragment"
            raise ValueError(msg)
        return value or None


_HTTP_URL = TypeAdapter(AnyHttpUrl)
# The parser mends what lacks a host, and drops line breaks: neither may reach us.
_WRITTEN_OUT = re.compile(r"https?://[^/?#@\s]+[^?#\s]*", re.IGNORECASE | re.ASCII)


def is_plain_url(url: str) -> bool:
    """Whether it is an http(s) URL without credentials, query or fragment."""
    if not _WRITTEN_OUT.fullmatch(url):
        return False
    try:
        parts = _HTTP_URL.validate_python(url)
    except ValidationError:
        return False
    extras = (parts.username, parts.password, parts.query, parts.fragment)
    return extras == (None,) * 4


class StatusMessage(BaseModel):
    """DataFlowStatusMessage: the answer to most signals, the body of all callbacks."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    message_id: str
    data_flow_id: str
    state: str
    data_address: dict[str, Any] | None = None
    error: str | None = None

    def wire(self) -> dict[str, Any]:
        """The JSON object, without absent fields."""
        return self.model_dump(by_alias=True, exclude_none=True)


class Problem(BaseModel):
    """RFC 9457, with our stable code and the class that says whether to try again."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    code: str
    detail: str
    error_class: str
    owner: str


class ControlPlaneSummary(BaseModel):
    """A registered control plane, without anything that is secret."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    controlplane_id: str
    endpoint: str
    authorization_type: str | None = None


class Reply(BaseModel):
    """What the commands handler answers on the bus, for every door alike.

    `confirmation` tells whether the workers have confirmed a suspend or terminate;
    `control_planes` and `limits` answer an operator who asked for them, `task` whoever
    submitted, reported on, cancelled, deleted or asked for one.
    """

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    outcome: str
    status: StatusMessage | None = None
    problem: Problem | None = None
    confirmation: str | None = None
    control_planes: tuple[ControlPlaneSummary, ...] | None = None
    limits: tuple[LimitsSummary, ...] | None = None
    task: TaskSummary | None = None
