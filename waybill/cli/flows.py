"""`waybill flows`: look at data flows, and steer them."""

from typing import Annotated

import typer
from rich.table import Table

from domain.scheduling.priority import MOST_URGENT
from waybill.cli.app import Api, AsJson, Flow, app, connected, console
from waybill.cli.copy import wait
from waybill.cli.wording import place

flows = typer.Typer(help="Look at data flows, and steer them.", no_args_is_help=True)
app.add_typer(flows, name="flows")

Urgency = Annotated[int, typer.Argument(min=1, max=MOST_URGENT)]
Reason = Annotated[str | None, typer.Option(help="Recorded with it.")]


@flows.command("ls")
def list_flows(
    state: Annotated[str | None, typer.Option(help="Only in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """List data flows, newest first."""
    filters: dict[str, str | int] = {"limit": limit}
    if state:
        filters["state"] = state
    with connected(api) as client:
        page = client.flows(**filters)
    if as_json:
        for row in page.flows:
            console.print_json(row.model_dump_json(), indent=None)
        return
    table = Table("data flow", "state", "source", "destination", "started", box=None)
    for row in page.flows:
        table.add_row(
            row.data_flow_id,
            row.state,
            place(row.source),
            place(row.destination),
            f"{row.created_at:%Y-%m-%d %H:%M:%S}",
        )
    console.print(table)


@flows.command()
def show(flow: Flow, api: Api = None) -> None:
    """Show one data flow and its progress."""
    with connected(api) as client:
        status, progress = client.flow(flow), client.progress(flow)
    console.print_json(status.model_dump_json())
    console.print_json(progress.model_dump_json())


@flows.command()
def watch(flow: Flow, api: Api = None) -> None:
    """Show the progress until the flow ends."""
    with connected(api) as client:
        wait(client, flow)


@flows.command()
def suspend(flow: Flow, reason: Reason = None, api: Api = None) -> None:
    """Stop moving data, for now."""
    _signal(flow, "suspend", reason, api)


@flows.command()
def resume(flow: Flow, api: Api = None) -> None:
    """Go on where it stopped."""
    _signal(flow, "resume", None, api)


@flows.command()
def approve(flow: Flow, api: Api = None) -> None:
    """Let a plan that waits be carried out, as it is."""
    with connected(api) as client:
        client.approve(flow)
    console.print("approved", highlight=False)


@flows.command()
def prioritize(flow: Flow, priority: Urgency, api: Api = None) -> None:
    """Say how urgent it is among its tenant's flows: 1 to 5, the more the sooner."""
    with connected(api) as client:
        client.prioritize(flow, priority)
    console.print(f"priority {priority}", highlight=False)


@flows.command()
def terminate(flow: Flow, reason: Reason = None, api: Api = None) -> None:
    """Stop for ever; what is half-written is removed."""
    _signal(flow, "terminate", reason, api)


def _signal(flow: str, verb: str, reason: str | None, api: str | None) -> None:
    with connected(api) as client:
        confirmed = client.signal(flow, verb, reason)
        state = client.state(flow)
    note = "" if confirmed else " (a worker has not confirmed yet)"
    console.print(f"{state}{note}", highlight=False)
