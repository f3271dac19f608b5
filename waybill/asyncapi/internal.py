"""The subjects between Waybill's own processes."""

from collections.abc import Iterator

from domain import names
from waybill.asyncapi.channel import PARAMETERS, Audience, Channel, Way


def internal() -> Iterator[Channel]:
    """Those that only Waybill's own processes use."""
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
    yield _limits()


def _limits() -> Channel:
    return Channel(
        name="limits-changed",
        subject=names.limits_subject(),
        audience=Audience.INTERNAL,
        payload="LimitsNews",
        about="Limits were changed, to all workers. Core NATS, at most once; a worker "
        "that missed it finds them in the event log.",
        ways=(Way.SEND, Way.RECEIVE),
    )
