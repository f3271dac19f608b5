"""The jobs on the bus that stand for uploads of this process."""

from collections import OrderedDict

from domain.upload.events import Protocol
from handlers.files.jobs import Job, Jobs

_MOST_KEPT = 1024


class Telling:
    """One job for each upload; those of the uploads that were written to last."""

    def __init__(self, jobs: Jobs) -> None:
        """No job yet."""
        self._jobs = jobs
        self._kept: OrderedDict[str, Job] = OrderedDict()

    def started(
        self, upload_id: str, user_id: str, protocol: Protocol, size_bytes: int
    ) -> None:
        """It has begun here and now."""
        self._keep(self._jobs.started(upload_id, user_id, protocol, size_bytes))

    def job(self, upload_id: str, user_id: str, protocol: Protocol) -> Job:
        """The one there is; one for an upload that was begun elsewhere or before."""
        job = self._kept.get(upload_id)
        if job is None:
            job = self._jobs.resumed(upload_id, user_id, protocol)
        self._keep(job)
        return job

    def forget(self, upload_id: str) -> None:
        """It is over."""
        self._kept.pop(upload_id, None)

    def _keep(self, job: Job) -> None:
        self._kept[job.job_id] = job
        self._kept.move_to_end(job.job_id)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
