"""Every subject: what goes over it, for whom, and what the bus promises."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from domain import names
from domain.segment.events import CompletionWork, PackWork, PartsWork


class Audience(StrEnum):
    """Whom a subject is for; also its tag."""

    CONTROL_PLANES = "control planes"
    OPERATORS = "operators"
    OBSERVERS = "observers"
    INTERNAL = "internal"


class Way(StrEnum):
    """What Waybill does with the messages of a subject."""

    RECEIVE = "receive"
    SEND = "send"


@dataclass(frozen=True)
class Channel:
    """One subject. `subject` None: the one that the asker names in its message.

    `payload` names a schema, `headers` those of `HEADERS`, `reply` another channel.
    """

    name: str
    subject: str | None
    audience: Audience
    payload: str
    about: str
    ways: tuple[Way, ...] = (Way.RECEIVE,)
    headers: tuple[str, ...] = ()
    reply: str | None = None
    queue: str | None = None
    parameters: dict[str, str] = field(default_factory=dict[str, str])


HEADERS: Final = {
    "Authorization": "Bearer, and the control plane's JWT; for what is an operator's, "
    "the operator's key.",
    "Waybill-Actor": "Who caused the message, to stand beside the events; the gateway "
    "says http and the caller's address. It proves nothing.",
    "reply_to": "The subject that the answer is to be published to. Without it there "
    "is none.",
    "Nats-Msg-Id": "What the broker drops a second copy by, within two minutes.",
}
PARAMETERS: Final = {
    "flow": "The data flow, as 32 hexadecimal digits: UUIDv5 of its id.",
    "segment": "The segment's id.",
    "kind": "The kind of work.",
    "worker": "The worker's name.",
}
KINDS: Final = tuple(
    work.model_fields["kind"].default for work in (PartsWork, PackWork, CompletionWork)
)

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
}


def channels() -> Iterator[Channel]:
    """All of them, those for control planes first."""
    yield from _commands()
    yield from _signals()
    yield from _operators()
    yield _progress()
    yield from _internal()


def _payload(verb: str) -> str:
    return "CreatingMessage" if verb in _CREATING else "FollowUpMessage"


def _named(verb: str) -> str:
    if verb == "approve":
        return "The approval of a plan that waits for it (metadata `plan: approve`)"
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


def _internal() -> Iterator[Channel]:
    both = (Way.SEND, Way.RECEIVE)
    yield Channel(
        name="task",
        subject=names.TASK_SUBJECTS.replace(">", "{kind}.{flow}.{segment}"),
        audience=Audience.INTERNAL,
        payload="SegmentTask",
        about="A segment for any worker. The work queue TASK delivers it again until "
        "it is acknowledged; the segment's own journal sees to it that it is done "
        "once. Nats-Msg-Id is the segment and its epoch.",
        ways=both,
        headers=("Nats-Msg-Id",),
        parameters={n: PARAMETERS[n] for n in ("kind", "flow", "segment")},
    )
    yield Channel(
        name="control",
        subject=names.CONTROL_SUBJECTS.replace("*", "{flow}"),
        audience=Audience.INTERNAL,
        payload="Control",
        about="A flow stops, to all workers. Core NATS, at most once; a worker that "
        "missed it finds the state in the event log.",
        ways=both,
        reply="control-reply",
        parameters={"flow": PARAMETERS["flow"]},
    )
    yield Channel(
        name="control-reply",
        subject=None,
        audience=Audience.INTERNAL,
        payload="Confirmation",
        about="One from each worker, when it copies no byte of the flow any more.",
        ways=(),
    )
    yield Channel(
        name="worker",
        subject=names.WORKER_SUBJECTS.replace("*", "{worker}"),
        audience=Audience.INTERNAL,
        payload="Heartbeat",
        about="A worker's heartbeat. Core NATS, at most once; who has not been heard "
        "for a few beats counts as gone.",
        ways=both,
        parameters={"worker": PARAMETERS["worker"]},
    )
