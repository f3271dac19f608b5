"""`waybill files push` and `pull`: a file as an end of a data flow."""

import time
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import typer

from projections.report_row import Outcome
from projections.report_views import ObjectLine
from waybill.cli.app import FAILED, USAGE, Api, AsJson, connected, console, errors
from waybill.cli.copy import followed, tell_end, wait
from waybill.cli.files import FileId, files
from waybill.cli.selecting import tuning
from waybill.client import Client
from waybill.messages import PROFILE, PULL_PROFILE, creating
from waybill.s3_side import S3Side, SideError

Endpoint = Annotated[str | None, typer.Option("--endpoint", help="Endpoint URL.")]
Profile = Annotated[str | None, typer.Option("--profile", help="AWS profile.")]
PartSize = Annotated[int | None, typer.Option("--part-size-mb", help="In MiB.", min=5)]
# What is pushed to one side of this terminal may be pulled back from there.
Keys = Annotated[
    Literal["source", "destination"],
    typer.Option(
        "--side", help="Whose endpoint and keys of this terminal's environment."
    ),
]
_PATIENCE_SECONDS, _POLL_SECONDS = 30.0, 0.1


@files.command()
def push(  # noqa: PLR0917 - one option each
    file: FileId,
    to: Annotated[str, typer.Argument(help="s3://bucket/key, or …/prefix/")],
    keys: Keys = "destination",
    endpoint: Endpoint = None,
    profile: Profile = None,
    part_size_mb: PartSize = None,
    api: Api = None,
) -> None:
    """Copy a file to S3, by a data flow; credentials as those of `waybill copy`."""
    side = _side(keys, to, endpoint, profile)
    metadata = {
        "sourceFile": file,
        **side.metadata("destination"),
        **tuning(multipartPartSizeMb=part_size_mb),
    }
    message = creating(PROFILE, metadata, dataset_id=f"file:{file}")
    with connected(api) as client:
        client.start(message)
        wait(client, _told(message), errors)


@files.command()
def pull(  # noqa: PLR0917 - one option each
    source: Annotated[str, typer.Argument(help="s3://bucket/key, or …/prefix/")],
    name: Annotated[
        str | None, typer.Option(help="What to call it; by default as its key.")
    ] = None,
    keys: Keys = "source",
    endpoint: Endpoint = None,
    profile: Profile = None,
    part_size_mb: PartSize = None,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """Copy an object of S3, or all below a prefix, to files; print the id of each."""
    side = _side(keys, source, endpoint, profile)
    metadata = {
        **side.metadata("source"),
        "destinationFile": name or True,
        **tuning(multipartPartSizeMb=part_size_mb),
    }
    dataset = f"s3://{side.bucket}/{side.path}"
    message = creating(PULL_PROFILE, metadata, dataset_id=dataset)
    with connected(api) as client:
        client.prepare(message)
        data_flow_id = _told(message)
        _until(client, data_flow_id, "PREPARED")
        client.signal(data_flow_id, "started")
        last = followed(client, data_flow_id, errors)
        whole = _tell(client, data_flow_id, as_json=as_json)
        tell_end(client, data_flow_id, last, errors)
    if not whole:
        raise typer.Exit(FAILED)


def _side(side: str, url: str, endpoint: str | None, profile: str | None) -> S3Side:
    try:
        return S3Side.parse(side, url, endpoint, profile)
    except SideError as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(USAGE) from None


def _told(message: dict[str, Any]) -> str:
    """Its id, told: what is no result never goes to the standard output."""
    data_flow_id = str(message["processId"])
    errors.print(f"data flow [bold]{data_flow_id}[/bold]")
    return data_flow_id


def _until(client: Client, data_flow_id: str, state: str) -> None:
    """Wait for the state: a plane that must ask somebody first prepares for a while."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (found := client.state(data_flow_id)) != state:
        if time.monotonic() > deadline or found == "TERMINATED":
            errors.print(f"[red]the flow is {found}, not {state}[/red]")
            raise typer.Exit(FAILED)
        time.sleep(_POLL_SECONDS)


def _tell(client: Client, data_flow_id: str, *, as_json: bool) -> bool:
    """The id of each file: what the destination answered as its ETag.

    Returns whether nothing failed.
    """
    whole = True
    for each in _outcomes(client, data_flow_id):
        whole &= each.outcome != Outcome.FAILED
        if as_json:
            console.print_json(each.model_dump_json(), indent=None)
        elif each.destination_etag:
            told = f"{each.destination_etag}  {each.destination}"
            console.print(told, highlight=False, markup=False)
    return whole


def _outcomes(client: Client, data_flow_id: str) -> Iterator[ObjectLine]:
    """Of each object; the report is a read model, and may be a moment behind."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    page = client.report(data_flow_id)
    ended = page.position + page.lag.positions
    while page.position < ended and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        page = client.report(data_flow_id)
    yield from page.objects
    while page.next is not None:
        page = client.report(data_flow_id, after=page.next)
        yield from page.objects
