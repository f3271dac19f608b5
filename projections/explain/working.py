"""What the workers are at, and what waits for a place with them. Pure."""

from collections import Counter
from collections.abc import Iterator

from domain.message import Recorded
from domain.segment import Phase
from domain.segment.events import (
    DeletionWork,
    PartCopied,
    SegmentLeased,
    SegmentPlanned,
)
from domain.transfer.events import DeletionsPlanned
from projections.explain.notes import Notes
from projections.explain.sentences import finding
from projections.explain.views import Finding
from projections.past.work import Live
from projections.wording import counted, moment


def working(notes: Notes) -> Iterator[Finding]:
    """Who copies, what is queued, and what only comes when all is copied."""
    live = list(notes.past.segments.live.values())
    leased = [each for each in live if each.state.phase is Phase.LEASED]
    if leased:
        yield _leased(notes, leased)
    waiting = [each for each in live if each.state.phase in _UNTAKEN]
    doomed = [each for each in waiting if _deletes(each)]
    queued = len(waiting) - len(doomed)
    if queued:
        yield _queued(notes, queued, len(leased))
    deletions = notes.past.transfer.deletions
    if doomed and not deletions.settled:
        text = (
            f"{deletions.deletes} deletions wait until all is copied, without errors."
        )
        yield finding("deletions", text, notes.last.get(DeletionsPlanned))


_UNTAKEN = (Phase.PLANNED, Phase.PARKED)


def _leased(notes: Notes, leased: list[Live]) -> Finding:
    workers = Counter(each.state.worker for each in leased)
    who = ", ".join(f"{worker} ({count})" for worker, count in sorted(workers.items()))
    newest = max(leased, key=lambda each: each.position)
    news = f"; the last news of them is of {moment(newest.at)}" if newest.at else ""
    text = f"{counted(len(leased), 'segment')} are in workers' hands: {who}{news}."
    text = text.replace("1 segment are", "1 segment is")
    return finding("copying", text, _latest(notes, newest.position))


def _queued(notes: Notes, queued: int, others: int) -> Finding:
    verb = "waits" if queued == 1 else "wait"
    text = f"{counted(queued, 'segment')} {verb} for a place at a worker"
    text += "." if others else ": no worker has any of it."
    return finding("workers", text, notes.last.get(SegmentPlanned))


def _latest(notes: Notes, position: int) -> Recorded | None:
    known = [
        notes.last[kind] for kind in (PartCopied, SegmentLeased) if kind in notes.last
    ]
    exact = [each for each in notes.last.values() if each.position == position]
    return next(iter(exact), max(known, key=lambda e: e.position, default=None))


def _deletes(each: Live) -> bool:
    planned = each.state.planned
    return planned is not None and isinstance(planned.work, DeletionWork)
