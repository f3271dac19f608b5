"""A leased segment's journal: the lease holder is its only writer."""

import asyncio
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from domain import segment
from domain.errors import FencedError, VersionConflictError
from domain.message import Cause
from domain.names import segment_stream
from domain.segment import Segment
from domain.segment.commands import LeaseSegment, SegmentCommand
from eventlog import Append, EventLog
from handlers.messages import SegmentTask


class Journal:
    """Appends in order; after the first refusal nothing more is appended."""

    def __init__(
        self, log: EventLog, stream: UUID, state: Segment, version: int, cause: Cause
    ) -> None:
        """Use `Journal.read`."""
        self.state = state
        self._log = log
        self._stream = stream
        self._version = version
        self._cause = cause
        self._order = asyncio.Lock()
        self._fenced = False

    @classmethod
    async def read(cls, log: EventLog, task: SegmentTask, worker: str) -> Self:
        """The journal as it stands."""
        stream = segment_stream(task.data_flow_id, task.segment_id)
        state, version = segment.INITIAL, 0
        planned: Cause | None = None
        for recorded in await log.load(stream):
            assert isinstance(recorded.event, segment.SegmentEvent)  # noqa: S101 (its stream)
            state, version = segment.evolve(state, recorded.event), recorded.version
            planned = planned or recorded.metadata.follow(worker, datetime.now(UTC))
        cause = planned or Cause(
            causation_id=f"{task.segment_id}:{task.epoch}",
            correlation_id=task.data_flow_id,
            actor=worker,
            occurred_at=datetime.now(UTC),
        )
        return cls(log, stream, state, version, cause)

    async def lease(self, command: LeaseSegment) -> bool:
        """Take the segment. False when it is over, or somebody was faster."""
        try:
            await self.record(command)
        except FencedError:
            return False
        return not self.state.over

    async def record(self, command: SegmentCommand) -> None:
        """Append what the command causes. Raises FencedError once the lease is lost.

        When this returns, the events are stored; a cancelled caller does not stop that.
        """
        await asyncio.shield(asyncio.create_task(self._record(command)))

    async def _record(self, command: SegmentCommand) -> None:
        async with self._order:
            if self._fenced:
                raise FencedError("the segment's lease belongs to another worker")
            events = segment.decide(command, self.state)
            if not events:
                return
            cause = self._cause.model_copy(update={"occurred_at": datetime.now(UTC)})
            try:
                await self._log.append(
                    cause, Append(self._stream, self._version, events)
                )
            except VersionConflictError:
                self._fenced = True
                raise FencedError("another worker has leased the segment") from None
            for event in events:
                self.state = segment.evolve(self.state, event)
            self._version += len(events)
