"""`waybill files`: put files into the file store, get them, look at them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from waybill.cli.app import FAILED, Api, AsJson, app, connected, console, errors
from waybill.cli.file_door import file_server, moving, note_of
from waybill.cli.wording import size
from waybill.files_client import FilesClient, StoredFile
from waybill.files_client.pipes import is_pipe

files = typer.Typer(
    help="Files of the file store: put, get, push to S3 and pull from it.",
    no_args_is_help=True,
)
app.add_typer(files, name="files")

FileId = Annotated[str, typer.Argument(help="The file's id: the SHA-256 of its bytes.")]
Paths = Annotated[
    list[Path],
    typer.Argument(help="Files of this machine.", exists=True, dir_okay=False),
]
Anew = Annotated[
    bool, typer.Option("--anew", help="Do not go on where it was interrupted.")
]


@files.command()
def put(
    paths: Paths,
    content_type: Annotated[
        str | None, typer.Option(help="By default as the name tells.")
    ] = None,
    anew: Anew = False,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """Store files, and print the id of each.

    A large file goes in chunks: interrupted, the same command goes on where it stopped.
    A pipe, such as /dev/stdin, is sent as it comes.
    """
    with file_server(api) as client:
        for path in paths:
            note = note_of(api, path)
            if anew:
                note.unlink(missing_ok=True)
            stored = _put(client, path, content_type, note)
            if as_json:
                console.print_json(stored.model_dump_json(), indent=None)
            else:
                console.print(
                    f"{stored.file_id}  {path}", highlight=False, markup=False
                )


@files.command()
def get(  # noqa: PLR0917 - one option each
    file: FileId,
    path: Annotated[
        Path | None, typer.Argument(help="Where to; by default its name, here.")
    ] = None,
    anew: Anew = False,
    verify: Annotated[
        bool, typer.Option(help="Compare the SHA-256 of what came.")
    ] = True,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """Have a file; interrupted, the same command goes on where it stopped.

    Into a pipe or a device the bytes go as they come: exit code 1 if they were wrong.
    """
    with file_server(api) as client:
        info = client.info(file)
        # A name from elsewhere never leaves this directory.
        name = Path(info.filename.replace("\\", "/")).name or info.file_id
        to = path / name if path and path.is_dir() else path or Path(name)
        into_pipe = is_pipe(to)
        with moving(to.name, info.size_bytes) as moved:
            try:
                client.download_to_path(
                    info.file_id, to, resume=not anew, verify_etag=verify, moved=moved
                )
            except KeyboardInterrupt:
                raise _interrupted(to) from None
    # The pipe may be the standard output: nothing but the file goes there then.
    shown = errors if into_pipe else console
    if as_json:
        told = info.model_copy(update={"filename": str(to)})
        shown.print_json(told.model_dump_json(), indent=None)
    else:
        shown.print(f"{to}  {size(info.size_bytes)}", highlight=False, markup=False)


@files.command()
def info(file: FileId, api: Api = None) -> None:
    """Show what is known of a file."""
    with file_server(api) as client:
        console.print_json(client.info(file).model_dump_json())


@files.command()
def head(file: FileId, api: Api = None) -> None:
    """Show size, ETag and content type, as HEAD tells them."""
    with file_server(api) as client:
        console.print_json(client.head(file).model_dump_json())


@files.command("rm")
def remove(
    ids: Annotated[list[str], typer.Argument(help="Ids of files.")], api: Api = None
) -> None:
    """Delete files, for whoever has stored them."""
    with file_server(api) as client:
        missing = [each for each in ids if not client.delete(each)]
    for each in missing:
        errors.print(f"[red]there is no file {escape(each)}[/red]", highlight=False)
    if missing:
        raise typer.Exit(FAILED)


@files.command("ls")
def list_files(
    user: Annotated[str | None, typer.Option(help="Only of this user.")] = None,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Also those that are gone.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """List the files of the store, newest first; for operators."""
    filters: dict[str, str | int | bool] = {"limit": limit, "deleted": deleted}
    if user:
        filters["userId"] = user
    with connected(api) as client:
        page = client.files(**filters)
    if as_json:
        for row in page.files:
            console.print_json(row.model_dump_json(), indent=None)
        return
    table = Table("stored", "file", "name", "of", "bytes", "times", box=None)
    for row in page.files:
        gone = " (deleted)" if row.deleted_at else ""
        table.add_row(
            f"{row.stored_at:%Y-%m-%d %H:%M:%S}",
            row.file_id,
            escape(row.filename) + gone,
            escape(row.user_id),
            size(row.size_bytes),
            str(row.times_uploaded),
        )
    console.print(table)
    more = ", and more" if page.next else ""
    told = f"{page.count} files, {size(page.size_bytes)}{more}"
    console.print(told, highlight=False)


def _put(
    client: FilesClient, path: Path, content_type: str | None, note: Path
) -> StoredFile:
    with moving(path.name, path.stat().st_size) as moved:
        try:
            return client.upload(
                path.name, path, content_type, resume=note, moved=moved
            )
        except KeyboardInterrupt:
            raise _interrupted(path) from None


def _interrupted(path: Path) -> typer.Exit:
    goes_on = "" if is_pipe(path) else "; the same command goes on where it stopped"
    errors.print(f"interrupted{goes_on}")
    return typer.Exit(FAILED)
