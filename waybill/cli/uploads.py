"""`waybill uploads`: an upload in chunks, request by request."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from projections.uploads_row import FileUploadState
from waybill.cli.app import USAGE, Api, AsJson, app, connected, console, errors
from waybill.cli.file_door import file_server
from waybill.cli.wording import size

uploads = typer.Typer(
    help="Uploads to the file store in chunks; `waybill files put` does all of it.",
    no_args_is_help=True,
)
app.add_typer(uploads, name="uploads")


def _sized(path: Path) -> Path:
    if not path.is_file():
        raise typer.BadParameter(
            f"{path} is no regular file, and chunks are of a size that is known:"
            " `waybill files put` takes it as it comes"
        )
    return path


UploadId = Annotated[str, typer.Argument(help="The upload's id.")]
Source = Annotated[
    Path,
    typer.Argument(
        help="A file of this machine.", exists=True, dir_okay=False, callback=_sized
    ),
]


@uploads.command("init")
def begin(
    path: Source,
    chunk_size_bytes: Annotated[
        int | None, typer.Option(min=1, help="By default the server decides.")
    ] = None,
    content_type: Annotated[str | None, typer.Option()] = None,
    api: Api = None,
) -> None:
    """Begin the upload of a file, and print how it is cut."""
    with file_server(api) as client:
        begun = client.begin_upload(
            path.name,
            path.stat().st_size,
            content_type=content_type,
            chunkSizeBytes=chunk_size_bytes,
        )
        console.print_json(begun.model_dump_json(), indent=None)


@uploads.command("put")
def send(
    upload: UploadId,
    path: Source,
    chunks: Annotated[
        list[int] | None,
        typer.Option("--chunk", min=0, help="Only this one; may be repeated."),
    ] = None,
    api: Api = None,
) -> None:
    """Send the chunks of a file that are missing, or those that are named."""
    with file_server(api) as client:
        status = client.upload_status(upload)
        if path.stat().st_size != status.size_bytes:
            errors.print("[red]the upload is of a file of another size[/red]")
            raise typer.Exit(USAGE)
        sent = client.missing_chunks(upload) if chunks is None else chunks
        with path.open("rb") as file:
            for index in sent:
                file.seek(index * status.chunk_size_bytes)
                chunk = file.read(status.chunk_size_bytes)
                client.put_chunk(upload, index, chunk)
    console.print(f"{len(sent)} chunks sent", highlight=False)


@uploads.command("status")
def status_of(upload: UploadId, api: Api = None) -> None:
    """Show how far an upload is, and which chunks are missing."""
    with file_server(api) as client:
        told = client.upload_status(upload)
        missing = client.missing_chunks(upload) if told.state == "open" else []
    shown = {**told.model_dump(mode="json"), "missingChunks": missing}
    console.print_json(data=shown)


@uploads.command()
def complete(upload: UploadId, api: Api = None) -> None:
    """Make the file of the chunks, all of which are there; print it."""
    with file_server(api) as client:
        console.print_json(
            client.complete_upload(upload).model_dump_json(), indent=None
        )


@uploads.command()
def abort(upload: UploadId, api: Api = None) -> None:
    """Give an upload up; its chunks are removed."""
    with file_server(api) as client:
        client.abort_upload(upload)
    console.print("aborted", highlight=False)


@uploads.command("ls")
def list_uploads(
    state: Annotated[
        FileUploadState | None, typer.Option(help="Only in this state.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Only of this user.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """List uploads, newest first; for operators."""
    filters: dict[str, str | int] = {"limit": limit}
    if state:
        filters["state"] = state
    if user:
        filters["userId"] = user
    with connected(api) as client:
        page = client.file_uploads(**filters)
    if as_json:
        for row in page.uploads:
            console.print_json(row.model_dump_json(), indent=None)
        return
    table = Table("begun", "upload", "name", "of", "state", "bytes", box=None)
    for row in page.uploads:
        why = f" ({row.code or row.reason})" if row.reason else ""
        table.add_row(
            f"{row.begun_at:%Y-%m-%d %H:%M:%S}",
            row.upload_id,
            escape(row.filename),
            escape(row.user_id),
            escape(f"{row.state}{why}"),
            f"{size(row.received_bytes)}/{size(row.size_bytes)}",
        )
    console.print(table)
    more = ", and more" if page.next else ""
    console.print(f"{page.open} open{more}", highlight=False)
