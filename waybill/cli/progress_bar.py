"""A transfer's progress as one live line, that tells what is known and no more."""

from collections import deque
from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from projections.views import Progress as Row
from waybill.cli.wording import duration, size

# A narrower terminal gets no bar: the words say it all.
_ROOM_FOR_A_BAR = 60


def progress_bar(console: Console) -> Progress:
    """The line, empty."""
    words = TextColumn(
        "{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")
    )
    bar = [BarColumn(bar_width=16)] if console.width >= _ROOM_FOR_A_BAR else []
    return Progress(*bar, words, console=console)


def show(bar: Progress, task: TaskID, row: Row) -> None:
    """Bring the line up to date with a row of the progress."""
    counted = row.listing_complete
    bar.update(
        task,
        description=words(row),
        # Of what is still counted nobody knows how much is done.
        total=_work(row)[1] or None if counted else None,
        completed=_work(row)[0],
    )


def words(row: Row) -> str:
    """How far it is, what matters most first: a narrow terminal cuts the end."""
    failed = f"{row.objects_failed} failed" if row.objects_failed else ""
    skipped = f"{row.objects_skipped} skipped" if row.objects_skipped else ""
    told = (_phase(row), _sizes(row), _left(row), failed)
    return " · ".join(filter(None, (*told, _speed(row), _objects(row), skipped)))


def follow(console: Console, rows: Iterable[Row]) -> Row | None:
    """Show each row as it comes; returns the last.

    Beside the standard output it is for terminals only.
    """
    last: Row | None = None
    if console.stderr and not console.is_terminal:
        return next(iter(deque(rows, maxlen=1)), None)
    with progress_bar(console) as bar:
        task = bar.add_task("waiting", total=None)
        for row in rows:
            last = row
            show(bar, task, row)
    return last


def _work(row: Row) -> tuple[int, int]:
    if row.bytes_total:
        return row.bytes_copied, row.bytes_total
    return row.objects_copied, row.objects_total


def _phase(row: Row) -> str:
    if row.waits_for:
        until = f" until {row.waits_until:%m-%d %H:%M} UTC" if row.waits_until else ""
        return f"waits for {row.waits_for}{until}"
    if not row.listing_complete and row.phase == "running":
        return "listing"
    if row.listing_complete and row.phase == "running" and row.percent is not None:
        return f"{row.percent:.0f} %"
    return row.phase


def _sizes(row: Row) -> str:
    if not row.bytes_total:
        return ""
    return f"{size(row.bytes_copied)}/{_least(row)}{size(row.bytes_total)}"


def _objects(row: Row) -> str:
    return f"{row.objects_copied}/{_least(row)}{row.objects_total} objects"


def _least(row: Row) -> str:
    return "" if row.listing_complete else "at least "


def _speed(row: Row) -> str:
    if row.bytes_per_second:
        return f"{size(row.bytes_per_second)}/s"
    return f"{row.objects_per_second:g}/s" if row.objects_per_second else ""


def _left(row: Row) -> str:
    left = row.time_left
    if left is None:
        return ""
    low = duration(left.low)
    if left.high is None:
        return f"{low} left or more"
    high = duration(left.high)
    return f"{low} left" if low == high else f"{low} to {high} left"
