"""A flow's events, one after the other, onto its receipt. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from domain import data_flow
from domain.data_flow.events import DataFlowCompleted
from domain.data_flow.terms import Terms
from domain.errors import DataPlaneError, Side, UnknownFlowError
from domain.message import Recorded
from domain.receipts import Leaves, ObjectOutcome, ReceiptLine, ReceiptStatement
from domain.segment.events import Fate, ObjectsDeleted
from domain.transfer.events import TransferPlanned
from projections.flow_states import DATA_FLOW_EVENTS
from projections.receipts.lines import Lines


class ReceiptFold:
    """`done` when the flow is completed: what comes later is no part of it."""

    def __init__(self) -> None:
        """No event yet."""
        self._flow = data_flow.INITIAL
        self._lines = Lines()
        self._leaves = Leaves()
        self._outcomes: Counter[ObjectOutcome] = Counter()
        self._verdicts: Counter[str] = Counter()
        self._bytes = self._deleted = self._events = self._first = 0
        self._skipped: dict[str, int] = {}
        self._begun: datetime | None = None
        self._end: Recorded | None = None

    @property
    def done(self) -> bool:
        """Whether the flow is completed."""
        return self._end is not None

    def add(self, recorded: Recorded) -> list[ReceiptLine]:
        """The next event; the lines that it makes."""
        if self.done:
            return []
        event = recorded.event
        self._events += 1
        if self._begun is None:
            self._first, self._begun = recorded.position, recorded.metadata.occurred_at
        if isinstance(event, DATA_FLOW_EVENTS):
            told = cast("data_flow.DataFlowEvent", event)
            self._flow = data_flow.evolve(self._flow, told)
        if isinstance(event, TransferPlanned):
            self._skipped = event.skipped
        elif isinstance(event, ObjectsDeleted):
            self._deleted += sum(one.fate is Fate.DELETED for one in event.objects)
        made = list(self._lines.add(recorded, self._flow.destination))
        if isinstance(event, DataFlowCompleted):
            self._end = recorded
            made += self._lines.rest(self._flow.source)
        self._count(made)
        return made

    def _count(self, made: Iterable[ReceiptLine]) -> None:
        for line in made:
            self._leaves.add(line.to_bytes())
            self._outcomes[line.outcome] += 1
            if line.outcome is ObjectOutcome.FAILED:
                continue
            self._bytes += line.size_bytes or 0
            if line.verdict is not None:
                self._verdicts[line.verdict] += 1

    def require_completed(self) -> Recorded:
        """The event of its end.

        Raises UnknownFlowError, and DataPlaneError (`flow.not-completed`).
        """
        if not self._flow.exists:
            raise UnknownFlowError("there is no data flow with this id")
        if self._end is None:
            raise DataPlaneError(
                f"a data flow that is {self._flow.state} has no receipt",
                code="flow.not-completed",
                side=Side.CALLER,
            )
        return self._end

    def statement(self, key_id: str) -> ReceiptStatement:
        """What is to be signed by a key. Raises as `require_completed`."""
        end = self.require_completed()
        terms, begun = cast("Terms", self._flow.terms), cast("datetime", self._begun)
        said: dict[str, Any] = terms.model_dump(
            include=set(ReceiptStatement.model_fields)
        )
        failed = self._outcomes[ObjectOutcome.FAILED]
        return ReceiptStatement(
            **said,
            key=key_id,
            at=end.metadata.recorded_at,
            data_flow_id=self._flow.data_flow_id,
            role=self._flow.role,
            direction=self._flow.direction,
            completed_by=cast("DataFlowCompleted", end.event).by,
            begun_at=begun,
            completed_at=end.metadata.occurred_at,
            first=self._first,
            last=end.position,
            events=self._events,
            moved=self._flow.moves_data or len(self._leaves) > 0,
            objects=len(self._leaves) - failed,
            size_bytes=self._bytes,
            failed=failed,
            deleted=self._deleted,
            skipped=self._skipped,
            verdicts=dict(self._verdicts),
            lines=len(self._leaves),
            digest=self._leaves.digest(),
        )
