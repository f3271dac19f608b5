"""`waybill load`: how much a running file server takes."""

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated

import typer

from waybill import load as loading
from waybill.cli.app import FAILED, UNREACHABLE, Api, app, console, errors
from waybill.cli.file_door import Moved, moving
from waybill.cli.output_files import whole
from waybill.cli.wording import size
from waybill.files_client import AsyncFilesClient
from waybill.load import Load, Profile, Result
from waybill.load.profiles import MIB
from waybill.settings import Settings

Count = Annotated[int | None, typer.Option(min=1, help="Else as the profile says.")]


@app.command()
def load(  # noqa: PLR0917 - one option each
    profile: Annotated[
        Profile, typer.Option(help="How many files and chunks at once.")
    ] = Profile.BALANCED,
    files: Annotated[int, typer.Option(min=1, help="How many.")] = 10,
    file_size_bytes: Annotated[int, typer.Option(min=1)] = 5 * MIB,
    chunk_size_bytes: Annotated[int, typer.Option(min=1)] = MIB,
    concurrent_files: Count = None,
    per_file_chunk_workers: Count = None,
    output: Annotated[
        Path | None, typer.Option(help="Where the result goes, as JSON.")
    ] = None,
    keep: Annotated[bool, typer.Option(help="Do not delete the files again.")] = False,
    api: Api = None,
) -> None:
    """Upload files of random bytes, many at once, and tell how it went.

    The server must be running; WAYBILL_API_KEY may upload and delete.
    """
    asked = Load(
        profile,
        files,
        file_size_bytes,
        chunk_size_bytes,
        concurrent_files,
        per_file_chunk_workers,
        keep,
    )
    result = _run(asked, output, api)
    if result.files_failed:
        unreached = set(result.errors) == {"plane.unreachable"}
        raise typer.Exit(UNREACHABLE if unreached else FAILED)


def _run(asked: Load, output: Path | None, api: str | None) -> Result:
    """The result, which is written or printed. Raises OSError before the run."""
    settings = Settings()
    with contextlib.ExitStack() as stack:
        # Opened first: what a run has shown must not be lost to a wrong name.
        if output is not None:
            output.parent.mkdir(parents=True, exist_ok=True)
        file = stack.enter_context(whole(output)) if output else None
        total = asked.files * asked.file_size_bytes
        moved = stack.enter_context(moving("load", total))
        result = asyncio.run(_loaded(api or settings.api_base, settings, asked, moved))
        document = result.model_dump_json(indent=2)
        if file is not None:
            file.write(f"{document}\n".encode())
    if file is not None:
        _tell(result)
    else:
        console.print_json(document)
    return result


async def _loaded(base: str, settings: Settings, asked: Load, moved: Moved) -> Result:
    key = settings.api_key.get_secret_value() if settings.api_key else None
    async with AsyncFilesClient(base, key, files_url=settings.files_url) as client:
        return await loading.run(client, base, asked, moved)


def _tell(result: Result) -> None:
    chunk = result.latencies.get("chunk")
    words = [
        f"{result.files_completed} of {result.settings.files} files",
        f"{size(result.bytes_per_second)}/s",
        f"{result.busy} times busy",
    ]
    if chunk is not None:
        words.append(f"a chunk in {chunk.p50:g} ms, 1 in 100 over {chunk.p99:g} ms")
    console.print(", ".join(words), highlight=False)
    for code, count in result.errors.items():
        errors.print(f"[red]{count} failed: {code}[/red]", highlight=False)
