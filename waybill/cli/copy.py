"""`waybill copy`: push from one S3 location to another, and show how far it is."""

from typing import Annotated, Any

import typer
from rich.console import Console

from projections.views import Flow, Progress
from waybill.cli.app import FAILED, USAGE, Api, app, connected, console, errors
from waybill.cli.job import Job, takes_job
from waybill.cli.progress_bar import follow
from waybill.cli.wording import place
from waybill.client import Client
from waybill.messages import push
from waybill.s3_side import SideError

_OVER = frozenset({"COMPLETED", "TERMINATED"})


@app.command()
@takes_job
def copy(
    job: Job,
    detach: Annotated[bool, typer.Option(help="Do not wait for the end.")] = False,
    api: Api = None,
) -> None:
    """Copy an object, or everything below a prefix.

    Credentials come from an AWS profile or from the environment: see the README.
    Ctrl-C suspends the copy; `waybill flows resume` goes on where it stopped.
    """
    with connected(api) as client:
        data_flow_id = begin(client, job)
        if not detach:
            wait(client, data_flow_id)


def begin(client: Client, job: Job, **more: Any) -> str:
    """Start the flow and tell its id; exit with 2 where a side is not understood.

    `more` is metadata that the command adds.
    """
    try:
        message = push(
            *job.sides(client),
            data_flow_id=job.flow_id,
            tuning={**job.tuning(), **more},
        )
    except SideError as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(USAGE) from None
    data_flow_id = str(message["processId"])
    client.start(message)
    console.print(f"data flow [bold]{data_flow_id}[/bold]")
    return data_flow_id


def wait(client: Client, data_flow_id: str, shown: Console = console) -> None:
    """Show the progress until the flow ends; exit with 1 if it did not complete."""
    last = followed(client, data_flow_id, shown)
    tell_end(client, data_flow_id, last, shown)


def followed(client: Client, data_flow_id: str, shown: Console) -> Progress | None:
    """Show the progress until the flow ends or errs; Ctrl-C suspends it."""
    try:
        return follow(shown, client.watch(data_flow_id))
    except KeyboardInterrupt:
        client.signal(data_flow_id, "suspend", "interrupted at the terminal")
        shown.print(
            f"suspended; go on: [bold]waybill flows resume {data_flow_id}[/bold]"
        )
        raise typer.Exit(FAILED) from None


def tell_end(
    client: Client, data_flow_id: str, last: Progress | None, shown: Console
) -> None:
    """What it came to; exit with 1 unless it completed, and say what failed."""
    state = client.state(data_flow_id)
    flow = client.flow(data_flow_id)
    if state != "COMPLETED" or flow.error_code:
        _tell_failure(flow, state)
        raise typer.Exit(FAILED)
    if last is not None:
        skipped = last.objects_skipped
        note = f", {skipped} skipped" if skipped else ""
        gone = f", {last.objects_deleted} deleted" if last.objects_deleted else ""
        done = f"{state}: {last.objects_copied} objects{note}{gone}"
        shown.print(done, highlight=False)


def _tell_failure(flow: Flow, state: str) -> None:
    errors.print(f"[red]{state}[/red] {flow.error_code or ''}", highlight=False)
    detail = flow.error_detail or ""
    if flow.error_code == "storage.not-found":
        lost = flow.destination if detail.startswith("destination") else flow.source
        errors.print(f"there is no {place(lost)}", highlight=False, markup=False)
    if detail:
        errors.print(detail, highlight=False, markup=False)
    if flow.error_code and state not in _OVER:
        line = f"waybill flows terminate {flow.data_flow_id}"
        told = f"it is left {state} for its control plane to end: [bold]{line}[/bold]"
        errors.print(told, highlight=False)
