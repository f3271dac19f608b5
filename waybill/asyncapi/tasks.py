"""Users' tasks: what is asked of them, and what others hear of them."""

from collections.abc import Iterator
from typing import Final

from domain import names
from waybill.asyncapi.channel import PARAMETERS, Audience, Channel, Way

_ABOUT: Final = {
    names.SUBMIT_TASK: (
        "SubmitTaskMessage",
        "Have a service do something. With a taskId, sent again it is the same task.",
    ),
    names.SHOW_TASK: ("TaskMessage", "A task with the latest lines of its log."),
    names.CANCEL_TASK: ("CancelTaskMessage", "Have a task not go on."),
    names.DELETE_TASK: ("TaskMessage", "Show a task that is over no more."),
    names.REPORT_TASK: (
        "ReportTaskMessage",
        "For operators: how far a task is that is carried out elsewhere.",
    ),
}


def tasks() -> Iterator[Channel]:
    """Requests about tasks, and the news of them."""
    for verb, (payload, about) in _ABOUT.items():
        yield Channel(
            name=f"command-{verb}",
            subject=names.command_subject(verb),
            audience=Audience.OPERATORS,
            payload=payload,
            about=f"{about} Core NATS request and reply; the answer holds the task as "
            "it is then.",
            headers=("Authorization", "Waybill-Actor"),
            reply="command-reply",
            queue=names.COMMANDS_QUEUE,
        )
    yield Channel(
        name="task-news",
        subject=names.task_event_subject("{service}", "{what}"),
        audience=Audience.OBSERVERS,
        payload="TaskNews",
        about="What happened to a task of a service, for whoever carries its tasks "
        "out. Published at least once, in the order of the log; the stream EVENT keeps "
        "it where there is one. Secret inputs are masked.",
        ways=(Way.SEND,),
        headers=("Nats-Msg-Id",),
        parameters={name: PARAMETERS[name] for name in ("service", "what")},
    )
