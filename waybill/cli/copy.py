"""`waybill copy`: push from one S3 location to another, and show how far it is."""

from typing import Annotated, Any

import typer

from domain.transfer.sync import Level
from waybill.cli import selecting
from waybill.cli.app import (
    FAILED,
    USAGE,
    Api,
    app,
    connected,
    console,
    errors,
)
from waybill.cli.progress_bar import follow
from waybill.cli.selecting import (
    Exclude,
    Include,
    MaxSize,
    MinSize,
    NewerThan,
    OlderThan,
    Sync,
)
from waybill.client import Client
from waybill.messages import push
from waybill.s3_side import S3Side, SideError

SourceEndpoint = Annotated[str | None, typer.Option(help="The source's endpoint URL.")]
DestinationEndpoint = Annotated[
    str | None, typer.Option(help="The destination's endpoint URL.")
]
SourceProfile = Annotated[str | None, typer.Option(help="AWS profile of the source.")]
DestinationProfile = Annotated[
    str | None, typer.Option(help="AWS profile of the destination.")
]
PartSize = Annotated[int | None, typer.Option("--part-size-mb", help="In MiB.", min=5)]


Source = Annotated[str, typer.Argument(help="s3://bucket/key, or s3://bucket/prefix/")]
Destination = Annotated[str, typer.Argument(help="s3://bucket/key or …/prefix/")]
FlowId = Annotated[str | None, typer.Option(help="A data flow id of yours.")]


@app.command()
def copy(  # noqa: PLR0917 (one per option)
    source: Source,
    destination: Destination,
    source_endpoint: SourceEndpoint = None,
    destination_endpoint: DestinationEndpoint = None,
    source_profile: SourceProfile = None,
    destination_profile: DestinationProfile = None,
    part_size_mb: PartSize = None,
    include: Include = None,
    exclude: Exclude = None,
    min_size: MinSize = None,
    max_size: MaxSize = None,
    newer_than: NewerThan = None,
    older_than: OlderThan = None,
    sync: Sync = Level.ALWAYS,
    flow_id: FlowId = None,
    detach: Annotated[bool, typer.Option(help="Do not wait for the end.")] = False,
    api: Api = None,
) -> None:
    """Copy an object, or everything below a prefix.

    Credentials come from an AWS profile or from the environment: see the README.
    Ctrl-C suspends the copy; `waybill flows resume` goes on where it stopped.
    """
    tuning = selecting.tuning(
        multipartPartSizeMb=part_size_mb,
        include=include,
        exclude=exclude,
        minSizeBytes=min_size,
        maxSizeBytes=max_size,
        modifiedSince=newer_than,
        modifiedBefore=older_than,
        sync=None if sync is Level.ALWAYS else sync,
    )
    sides = (
        (source, source_endpoint, source_profile),
        (destination, destination_endpoint, destination_profile),
    )
    with connected(api) as client:
        data_flow_id = begin(client, *sides, flow_id, tuning)
        if not detach:
            wait(client, data_flow_id)


# A URL, an endpoint and an AWS profile.
Named = tuple[str, str | None, str | None]


def begin(
    client: Client,
    source: Named,
    destination: Named,
    flow_id: str | None,
    tuning: dict[str, Any],
) -> str:
    """Start the flow and tell its id; exit with 2 where a side is not understood."""
    try:
        message = push(
            S3Side.parse("source", *source),
            S3Side.parse("destination", *destination),
            data_flow_id=flow_id,
            tuning=tuning,
        )
    except SideError as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(USAGE) from None
    data_flow_id = str(message["processId"])
    client.start(message)
    console.print(f"data flow [bold]{data_flow_id}[/bold]")
    return data_flow_id


def wait(client: Client, data_flow_id: str) -> None:
    """Show the progress until the flow ends; exit with 1 if it did not complete."""
    try:
        last = follow(console, client.watch(data_flow_id))
    except KeyboardInterrupt:
        client.signal(data_flow_id, "suspend", "interrupted at the terminal")
        console.print(
            f"suspended; go on: [bold]waybill flows resume {data_flow_id}[/bold]"
        )
        raise typer.Exit(FAILED) from None
    state = client.state(data_flow_id)
    failed = client.flow(data_flow_id).error_code
    if state != "COMPLETED" or failed:
        errors.print(f"[red]{state}[/red] {failed or ''}", highlight=False)
        raise typer.Exit(FAILED)
    if last is not None:
        skipped = last.objects_skipped
        note = f", {skipped} skipped" if skipped else ""
        done = f"{state}: {last.objects_copied} objects{note}"
        console.print(done, highlight=False)
