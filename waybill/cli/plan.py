"""`waybill plan`: see what a copy would do, and let it."""

import contextlib
import sys
from typing import Annotated

import typer
from rich.table import Table

from projections.views import Progress
from waybill.cli.app import FAILED, Api, app, connected, console, errors
from waybill.cli.copy import begin, wait
from waybill.cli.job import Job, takes_job
from waybill.cli.wording import size
from waybill.client import Client


@app.command()
@takes_job
def plan(
    job: Job,
    approve: Annotated[bool, typer.Option(help="Do not ask.")] = False,
    api: Api = None,
) -> None:
    """Plan a copy: list, choose, count; nothing is written before it is approved.

    Without a terminal to ask at, the plan waits: `waybill flows approve`.
    """
    with connected(api) as client:
        data_flow_id = begin(client, job, plan="approve")
        planned(client, data_flow_id)
        if not approve and not _agreed(client, data_flow_id):
            return
        client.approve(data_flow_id)
        wait(client, data_flow_id)


def planned(client: Client, data_flow_id: str) -> None:
    """Wait until all is planned, and show it; exit with 1 if it cannot be."""
    with contextlib.closing(client.watch(data_flow_id)) as rows:
        row = next((row for row in rows if row.listing_complete), None)
    if row is None:
        code = client.flow(data_flow_id).error_code
        errors.print(f"[red]not planned[/red] {code or ''}", highlight=False)
        raise typer.Exit(FAILED)
    console.print(_table(row))


def _agreed(client: Client, data_flow_id: str) -> bool:
    if not (console.is_terminal and sys.stdin.isatty()):
        console.print(f"it waits: [bold]waybill flows approve {data_flow_id}[/bold]")
        return False
    if typer.confirm("Copy?"):
        return True
    client.signal(data_flow_id, "terminate", "the plan was declined")
    return False


def _table(row: Progress) -> Table:
    table = Table(box=None, show_header=False)
    table.add_row("objects", f"{row.objects_total}")
    table.add_row("bytes", size(row.bytes_total))
    table.add_row("parts", f"{row.parts_total}")
    table.add_row("requests", f"{row.requests_total}")
    if row.deletes_total or row.deletes_withheld:
        table.add_row("deletes", f"{row.deletes_total}")
        table.add_row("  of the list", row.deletes_digest)
    if row.deletes_withheld:
        table.add_row("  refused", row.deletes_withheld)
    for why, count in sorted(row.skipped.items()):
        table.add_row(f"skipped: {why}", f"{count}")
    return table
