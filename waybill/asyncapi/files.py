"""What is told of uploads to the file server."""

from collections.abc import Iterator

from domain import names
from handlers.files.job_events import WHATS
from waybill.asyncapi.channel import Audience, Channel, Way

_ABOUT = {
    "started": "An upload to the file server has begun.",
    "progress": "How far an upload is: about once a second, while bytes come.",
    "completed": "The file is there; it may have been there before.",
    "failed": "Nothing comes of the upload, for the reason that the code names.",
}


def files() -> Iterator[Channel]:
    """The subjects of jobs."""
    for what in WHATS:
        yield Channel(
            name=f"file-job-{what}",
            subject=names.file_job_subject(what),
            audience=Audience.OBSERVERS,
            payload="FileJobEvent",
            about=f"{_ABOUT[what]} A CloudEvent of the type `file.job.{what}.v1`. Kept"
            " in the stream EVENT for seven days; what the bus misses is not sent"
            " again, and the event log has it.",
            ways=(Way.SEND,),
            headers=("Nats-Msg-Id",),
        )
