"""What the deletions of a mirror add to the progress."""

from collections.abc import Callable, Mapping
from typing import Any

from domain.message import Event, Recorded
from domain.segment.events import Fate, ObjectsDeleted
from domain.transfer.events import DeletionsPlanned, DeletionsWithheld
from projections.progress_row import TransferProgress


def _planned(row: TransferProgress, event: DeletionsPlanned, _: Recorded) -> None:
    row.deletes_total += event.deletes
    row.deletes_digest = event.digest
    row.segments_total += len(event.segments)


def _withheld(row: TransferProgress, event: DeletionsWithheld, _: Recorded) -> None:
    row.deletes_withheld = event.code


def _deleted(row: TransferProgress, event: ObjectsDeleted, _: Recorded) -> None:
    row.objects_deleted += sum(each.fate == Fate.DELETED for each in event.objects)


DELETION_FOLDS: Mapping[
    type[Event], Callable[[TransferProgress, Any, Recorded], None]
] = {
    DeletionsPlanned: _planned,
    DeletionsWithheld: _withheld,
    ObjectsDeleted: _deleted,
}
