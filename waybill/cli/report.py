"""`waybill report`: what became of each object of a flow."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from projections.report_views import ReportSummary
from waybill.cli.app import USAGE, Api, Flow, app, connected, console, errors
from waybill.cli.output_files import whole
from waybill.cli.wording import duration, size


class Format(StrEnum):
    """How the objects are written."""

    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"


class Which(StrEnum):
    """Which objects."""

    ALL = "all"
    COPIED = "copied"
    FAILED = "failed"
    SKIPPED = "skipped"


As = Annotated[
    Format | None,
    typer.Option("--format", help="By default as the file's extension tells, or CSV."),
]
Objects = Annotated[Which, typer.Option("--outcome", help="Only these objects.")]
Failed = Annotated[bool, typer.Option("--failed", help="As --outcome failed.")]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="A file; - is the standard output."),
]
_STANDARD = Path("-")


@app.command()
def report(  # noqa: PLR0917 (one per option)
    flow: Flow,
    format_: As = None,
    outcome: Objects = Which.ALL,
    failed: Failed = False,
    output: Out = None,
    api: Api = None,
) -> None:
    """Tell what became of a flow's objects: in one line, or object by object.

    With --format or -o every object is written; a report of failures is a manifest that
    another copy can be given. JSON is the same as JSON lines.
    """
    which = Which.FAILED if failed else outcome
    with connected(api) as client:
        if format_ or output:
            chosen = _format(format_, output)
            pieces = client.report_file(flow, chosen, which)
            _write(pieces, output or _STANDARD, binary=chosen == Format.PARQUET)
        summary = client.report(flow, limit=1).summary
    # Beside the objects, when they go to the standard output.
    shown = errors if format_ or output else console
    shown.print(line(summary), highlight=False)


def line(summary: ReportSummary) -> str:
    """What the outcomes add up to, in one line."""
    skipped = sum(summary.skipped.values())
    words = [f"{summary.copied} copied ({size(summary.bytes_copied)})"]
    words += [f"{summary.failed} failed", f"{skipped} skipped"]
    words += [f"{count} {verdict}" for verdict, count in summary.verdicts.items()]
    if summary.first_at and summary.last_at:
        took = (summary.last_at - summary.first_at).total_seconds()
        begun = f"{summary.first_at:%Y-%m-%d %H:%M:%S}"
        words.append(f"{begun} to {summary.last_at:%H:%M:%S} UTC, {duration(took)}")
    return ", ".join(words)


def _format(format_: Format | None, output: Path | None) -> Format:
    if format_ is None:
        suffix = output.suffix.removeprefix(".").casefold() if output else ""
        known = {"ndjson": Format.JSONL, **{str(each): each for each in Format}}
        format_ = known.get(suffix, Format.CSV)
    return Format.JSONL if format_ is Format.JSON else format_


def _write(pieces: Iterator[bytes], output: Path, *, binary: bool) -> None:
    if output != _STANDARD:
        with whole(output) as file:
            file.writelines(pieces)
        return
    if binary and sys.stdout.isatty():
        errors.print("[red]Parquet is not for a terminal: name a file with -o[/red]")
        raise typer.Exit(USAGE)
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
