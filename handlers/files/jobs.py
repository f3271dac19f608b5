"""What becomes of uploads, told on the bus: CloudEvents on `waybill.event.file.job.*`.

Nobody waits for the bus: an upload is never late or refused because of it. What cannot
be told is logged, and the log of events has it all the same.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nats.aio.client import Client
from nats.errors import Error as BrokerError
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from domain.names import EVENT_STREAM, EVENT_SUBJECTS, file_job_subject
from handlers.files.job_events import FileJob, FileJobEvent, What

_log = logging.getLogger(__name__)

_PROGRESS_SECONDS = 1.0
_MOST_WAITING = 10_000
_PUBLISH_SECONDS = 5.0
_KEPT_SECONDS = 7 * 24 * 3600.0
_SOURCE = "waybill/files"


class Jobs:
    """The jobs of this process. Keep `run` running."""

    def __init__(self, client: Client) -> None:
        """Publishes nothing yet."""
        self._client = client
        self._waiting: asyncio.Queue[tuple[What, FileJobEvent]] = asyncio.Queue(
            _MOST_WAITING
        )

    def started(
        self, job_id: str, user_id: str, queue: str, size_bytes: int | None
    ) -> "Job":
        """An upload has begun; `queue` is its protocol: `files`, `chunks` or `tus`."""
        job = self.resumed(job_id, user_id, queue)
        self.tell("started", job.data.model_copy(update={"size_bytes": size_bytes}))
        return job

    def resumed(self, job_id: str, user_id: str, queue: str) -> "Job":
        """One that was begun before, or elsewhere: nothing is told."""
        return Job(self, FileJob(job_id=job_id, user_id=user_id, queue=queue))

    def tell(self, what: What, data: FileJob) -> None:
        """Have it published soon; too many at once are dropped."""
        # What the broker knows a second copy by: only progress comes more than once.
        event_id = f"{data.job_id}:{what}"
        if what == "progress":
            event_id += f":{data.bytes_received}"
        event = FileJobEvent(
            id=event_id,
            source=_SOURCE,
            type=f"file.job.{what}.v1",
            subject=data.job_id,
            time=datetime.now(UTC),
            data=data,
        )
        try:
            self._waiting.put_nowait((what, event))
        except asyncio.QueueFull:
            _log.warning("job event dropped", extra={"fields": {"id": event_id}})

    async def provision(self) -> None:
        """Make the stream, or bring it up to date. Raises BrokerError."""
        jetstream = self._client.jetstream()
        config = StreamConfig(
            name=EVENT_STREAM,
            subjects=[EVENT_SUBJECTS],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            max_age=_KEPT_SECONDS,
        )
        try:
            await jetstream.stream_info(EVENT_STREAM)
        except NotFoundError:
            await jetstream.add_stream(config)
        else:
            await jetstream.update_stream(config)

    async def run(self) -> None:
        """Until cancelled: publish, in their order."""
        while True:
            await self._publish(*await self._waiting.get())

    async def close(self) -> None:
        """Publish the rest, while the bus takes it at once."""
        while not self._waiting.empty() and self._client.is_connected:
            await self._publish(*self._waiting.get_nowait())

    async def _publish(self, what: What, event: FileJobEvent) -> None:
        try:
            await self._client.jetstream().publish(
                file_job_subject(what),
                event.model_dump_json(exclude_none=True).encode(),
                timeout=_PUBLISH_SECONDS,
                headers={"Nats-Msg-Id": event.id},
            )
        except (BrokerError, TimeoutError, OSError) as error:
            fields = {"id": event.id, "why": type(error).__name__}
            _log.warning("job event not published", extra={"fields": fields})


@dataclass
class Job:
    """One upload, as others see it."""

    jobs: Jobs
    data: FileJob
    _told_at: float = field(default_factory=time.monotonic)

    @property
    def job_id(self) -> str:
        """The upload's id."""
        return self.data.job_id

    def progress(self, bytes_received: int, size_bytes: int | None = None) -> None:
        """So far; at most once a second it is told."""
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_SECONDS:
            self._told_at = now
            self._tell("progress", bytes_received=bytes_received, size_bytes=size_bytes)

    def completed(self, file_id: str, size_bytes: int) -> None:
        """The file is there."""
        self._tell("completed", file_id=file_id, size_bytes=size_bytes)

    def failed(self, code: str) -> None:
        """Nothing comes of it, for the reason that `code` names."""
        self._tell("failed", code=code)

    def _tell(self, what: What, **said: int | str | None) -> None:
        self.jobs.tell(what, self.data.model_copy(update=said))
