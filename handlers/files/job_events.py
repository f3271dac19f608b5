"""What is told on the bus of uploads: CloudEvents 1.0, as one JSON document."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.message import Message

What = Literal["started", "progress", "completed", "failed"]
WHATS: tuple[What, ...] = ("started", "progress", "completed", "failed")


class FileJob(Message):
    """One upload (sizes in bytes). `queue` is its protocol: `files`, `chunks`, `tus`.

    `size_bytes` is null where nobody knows it yet. `file_id` is of what is completed,
    `code` of what has failed.
    """

    job_id: str
    user_id: str
    queue: str
    size_bytes: int | None = None
    bytes_received: int | None = None
    file_id: str | None = None
    code: str | None = None


class FileJobEvent(Message):
    """`type` is `file.job.started.v1`, `…progress…`, `…completed…` or `…failed…`.

    `subject` is the job's id, which is the upload's.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str = Field(pattern=r"^file\.job\.(started|progress|completed|failed)\.v1$")
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: FileJob
