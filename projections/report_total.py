"""A row of `object_report_total`: what a flow's outcomes add up to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from projections.report_row import ObjectRow, Outcome


@dataclass(slots=True)
class ReportTotal:
    """Counts of objects and bytes; `skipped` by reason, `verdicts` by verdict."""

    data_flow_id: str
    copied: int = 0
    failed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict[str, int])
    bytes_copied: int = 0
    bytes_failed: int = 0
    verdicts: Mapping[str, int] = field(default_factory=dict[str, int])
    first_at: datetime | None = None
    last_at: datetime | None = None

    def skip(self, skipped: Mapping[str, int]) -> None:
        """Count what the plan leaves out."""
        self.skipped = dict(Counter(self.skipped) + Counter(skipped))

    def add(self, rows: Sequence[ObjectRow]) -> None:
        """Count these outcomes, at least one."""
        copied = [each for each in rows if each.outcome == Outcome.COPIED]
        self.copied += len(copied)
        self.failed += len(rows) - len(copied)
        size = sum(each.size_bytes for each in copied)
        self.bytes_copied += size
        self.bytes_failed += sum(each.size_bytes for each in rows) - size
        counted = Counter(each.verdict for each in copied if each.verdict)
        self.verdicts = dict(sorted((Counter(self.verdicts) + counted).items()))
        begun = [self.first_at, *(row.started_at or row.ended_at for row in rows)]
        ended = [self.last_at, *(row.ended_at for row in rows)]
        self.first_at = min(each for each in begun if each)
        self.last_at = max(each for each in ended if each)
