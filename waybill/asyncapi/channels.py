"""Every subject: what goes over it, for whom, and what the bus promises."""

from collections.abc import Iterator

from domain import names
from waybill.asyncapi.channel import PARAMETERS, Audience, Channel, Way
from waybill.asyncapi.files import files
from waybill.asyncapi.internal import internal
from waybill.asyncapi.tasks import tasks
from waybill.asyncapi.witness import witness

_CREATING = ("prepare", "start")
_ONE_AT_A_TIME = (
    "Captured by the work queue SIGNAL and handled in the order of their arrival. "
    "Acknowledged when it is in the event log, so it outlives any process and any "
    "restart; it may be handled more than once, and the same messageId is answered "
    "the same again. A sender that repeats it SHOULD keep its messageId. A token is "
    "judged by the time at which the broker took the message."
)
_ONCE = (
    "Core NATS request and reply: one of the handlers answers, after the outcome is in "
    "the event log. Without a handler there is no responder; without an answer the "
    "command may have had its effect: send it again with the same messageId."
)
_OPERATORS = {
    names.REGISTER_CONTROL_PLANE: (
        "ControlPlaneRegistrationMessage",
        "Make a control plane known, or replace what is known of it.",
    ),
    names.DEREGISTER_CONTROL_PLANE: ("ControlPlaneName", "Forget a control plane."),
    names.LIST_CONTROL_PLANES: ("NoFields", "List the registered control planes."),
    names.SET_LIMITS: ("SetLimitsMessage", "Limit a scope, in place of what did."),
    names.CLEAR_LIMITS: ("ClearLimitsMessage", "Limit a scope no more."),
    names.LIST_LIMITS: ("NoFields", "List the limits, and which rates hold now."),
}
_QUESTIONS = {
    "progress": ("ProgressQuestion", "How far the copying of a flow is."),
    "tasks": ("TasksQuestion", "Which tasks of users there are."),
    "report": (
        "ReportQuestion",
        "What became of each object of a flow. A page may be shorter than was asked.",
    ),
}


def channels() -> Iterator[Channel]:
    """All of them, those for control planes first."""
    yield from _commands()
    yield from _signals()
    yield from _operators()
    yield _progress()
    yield from _queries()
    yield from tasks()
    yield from files()
    yield from witness()
    yield from internal()


def _payload(verb: str) -> str:
    if verb == "prioritize":
        return "PriorityMessage"
    return "CreatingMessage" if verb in _CREATING else "FollowUpMessage"


def _named(verb: str) -> str:
    if verb == "approve":
        return "The approval of a plan that waits for it (metadata `plan: approve`)"
    if verb == "prioritize":
        return "How urgent a flow is from now on, among those of its tenant: 1 to 5"
    return f"Data Plane Signaling's `{verb}`"


def _commands() -> Iterator[Channel]:
    for verb in names.COMMAND_VERBS:
        yield Channel(
            name=f"command-{verb}",
            subject=names.command_subject(verb),
            audience=Audience.CONTROL_PLANES,
            payload=_payload(verb),
            about=f"{_named(verb)}, to be answered at once. {_ONCE}",
            headers=("Authorization", "Waybill-Actor"),
            reply="command-reply",
            queue=names.COMMANDS_QUEUE,
        )
    yield Channel(
        name="command-reply",
        subject=None,
        audience=Audience.CONTROL_PLANES,
        payload="Reply",
        about="The answer, on the request's own reply subject. `problem` stands in "
        "place of `status` where the command was refused.",
        ways=(),
    )


def _signals() -> Iterator[Channel]:
    for verb in names.COMMAND_VERBS:
        yield Channel(
            name=f"signal-{verb}",
            subject=names.signal_subject(verb),
            audience=Audience.CONTROL_PLANES,
            payload=_payload(verb),
            about=f"{_named(verb)}, to publish and go. {_ONE_AT_A_TIME}",
            headers=("Authorization", "Waybill-Actor", "reply_to", "Nats-Msg-Id"),
            reply="signal-reply",
        )
    yield Channel(
        name="signal-reply",
        subject=None,
        audience=Audience.CONTROL_PLANES,
        payload="Reply",
        about="The answer, published once to the subject in `reply_to`; lost when "
        "nobody listens there.",
        ways=(),
    )


def _operators() -> Iterator[Channel]:
    for verb, (payload, about) in _OPERATORS.items():
        yield Channel(
            name=f"command-{verb}",
            subject=names.command_subject(verb),
            audience=Audience.OPERATORS,
            payload=payload,
            about=f"{about} {_ONCE}",
            headers=("Authorization", "Waybill-Actor"),
            reply="command-reply",
            queue=names.COMMANDS_QUEUE,
        )


def _progress() -> Channel:
    return Channel(
        name="progress",
        subject=names.PROGRESS_SUBJECTS.replace("*", "{flow}"),
        audience=Audience.OBSERVERS,
        payload="Nothing",
        about="There is news of the flow: ask for it. Core NATS, at most once; what "
        "was missed is not sent again, and the next one makes it good.",
        ways=(Way.SEND,),
        parameters={"flow": PARAMETERS["flow"]},
    )


def _queries() -> Iterator[Channel]:
    for verb, (payload, about) in _QUESTIONS.items():
        yield Channel(
            name=f"query-{verb}",
            subject=names.query_subject(verb),
            audience=Audience.OPERATORS,
            payload=payload,
            about=f"{about} Core NATS request and reply: one of the gateways answers "
            "from the read models, and says how far they are behind the event log.",
            headers=("Authorization",),
            reply="query-reply",
            queue=names.QUERIES_QUEUE,
        )
    yield Channel(
        name="query-reply",
        subject=None,
        audience=Audience.OPERATORS,
        payload="Answer",
        about="The answer, on the request's own reply subject: `progress`, `report` or "
        "`tasks`, or `problem` where there is none.",
        ways=(),
    )
