"""A transfer's progress as one live line: bytes, rate, time left, parts."""

from collections.abc import Iterable

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from projections.views import Progress as Row


def progress_bar(console: Console) -> Progress:
    """The line, empty."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[counts]}", style="dim"),
        console=console,
    )


def show(bar: Progress, task: TaskID, row: Row) -> None:
    """Bring the line up to date with a row of the progress."""
    counts = f"{row.objects_copied}/{row.objects_total} objects"
    if row.parts_total:
        counts += f" {row.parts_copied}/{row.parts_total} parts"
    bar.update(
        task,
        description=str(row.phase),
        total=row.bytes_total or None,
        completed=row.bytes_copied,
        counts=counts if row.listing_complete else f"{counts}, listing",
    )


def follow(console: Console, rows: Iterable[Row]) -> Row | None:
    """Show each row as it comes; returns the last."""
    last: Row | None = None
    with progress_bar(console) as bar:
        task = bar.add_task("waiting", total=None, counts="")
        for row in rows:
            last = row
            show(bar, task, row)
    return last
