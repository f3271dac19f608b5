"""`waybill tasks`: ask a service for something, follow it, take it back."""

from contextlib import AbstractContextManager
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.markup import escape
from rich.table import Table

from domain.task.state import SYNC, Status
from projections.tasks_views import TaskList
from waybill.cli.app import Api, AsJson, app, connected, console
from waybill.cli.task_following import Named, follow_task
from waybill.cli.task_inputs import a_user, inputs_of, ways_in
from waybill.client import Client
from waybill.settings import Settings

tasks = typer.Typer(
    help="Ask a service for something: `sync` copies; others are carried out elsewhere."
    " Without --user, an operator's.",
    no_args_is_help=True,
)
app.add_typer(tasks, name="tasks")

TaskId = Annotated[str, typer.Argument(metavar="TASK", help="The task's id.")]
Service = Annotated[str, typer.Option(help="Which service.")]
Owner = Annotated[str, typer.Option("--user", help="Whose task.", callback=a_user)]
User = Annotated[
    str | None,
    typer.Option(
        "--user", help="Whose task; left out: as an operator.", callback=a_user
    ),
]
Params = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE", help="An input; may be repeated."),
]
Wait = Annotated[bool, typer.Option("--wait", help="Follow it to its end.")]
Key = Annotated[
    str | None,
    typer.Option("--idempotency-key", help="Sent again with it, it is one task."),
]


@tasks.command()
def submit(  # noqa: PLR0917 - one option each
    user: Owner,
    service: Service = SYNC,
    param: Params = None,
    wait: Wait = False,
    key: Key = None,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """Submit a task.

    Of sync, the inputs are `source` and `destination` (s3://bucket/prefix/) and what
    `waybill copy` takes as options; keys and endpoints come from this terminal's
    environment, as there, where no input says them.
    """
    inputs = inputs_of(param or [])
    if service == SYNC:
        inputs = {**ways_in(inputs), **inputs}
    with _asking(api) as client:
        told = client.submit_task(service, user, inputs, idempotency_key=key)
        if not as_json:
            console.print(f"task [bold]{told.task_id}[/bold]")
        elif not wait:
            console.print_json(told.model_dump_json(), indent=None)
        if wait:
            named = Named(told.task_id, service, user)
            follow_task(client, named, as_json=as_json)


@tasks.command("list")
def list_tasks(  # noqa: PLR0917 - one option each
    user: User = None,
    service: Annotated[
        str | None, typer.Option(help="Only of this service (of a user: sync).")
    ] = None,
    status: Annotated[Status | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    before: Annotated[
        int | None, typer.Option(min=0, help="The `next` of the page before.")
    ] = None,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """List tasks, the newest first."""
    said = {"status": status, "limit": limit, "before": before}
    filters: dict[str, Any] = {k: v for k, v in said.items() if v is not None}
    with _asking(api) as client:
        service = service or (SYNC if user else None)
        found = client.tasks(service, user, **filters)
    if as_json:
        console.print_json(found.model_dump_json(), indent=None)
        return
    _show_list(found)


@tasks.command("status")
def task_status(
    task: TaskId,
    user: User = None,
    service: Service = SYNC,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """Show a task and the latest lines of its log."""
    with _asking(api) as client:
        told = client.task(task, service, user or "")
    if as_json:
        console.print_json(told.model_dump_json(), indent=None)
        return
    about = f"{told.task_id}  {told.service}  {told.user_id}  {told.status}"
    console.print(about, highlight=False, markup=False)
    if told.code:
        console.print(f"{told.code}: {told.detail}", highlight=False, markup=False)
    for line in told.log:
        console.print(line, highlight=False, markup=False)


@tasks.command()
def watch(
    task: TaskId, user: User = None, service: Service = SYNC, api: Api = None
) -> None:
    """Follow a task to its end; exit code 1 if it does not complete."""
    with _asking(api) as client:
        follow_task(client, Named(task, service, user or ""))


@tasks.command()
def cancel(
    task: TaskId,
    user: User = None,
    service: Service = SYNC,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """Have a task not go on; what is half-written is removed."""
    with _asking(api) as client:
        told = client.cancel_task(task, service, user or "")
    if as_json:
        console.print_json(told.model_dump_json(), indent=None)
        return
    console.print(told.status, highlight=False)


@tasks.command()
def delete(
    task: TaskId, user: User = None, service: Service = SYNC, api: Api = None
) -> None:
    """Show a task that is over no more; the event log keeps it."""
    with _asking(api) as client:
        client.delete_task(task, service, user or "")
    console.print("deleted", highlight=False)


@tasks.command()
def users(
    service: Service = SYNC,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    after: Annotated[
        str | None, typer.Option(help="The `next` of the page before.")
    ] = None,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """List who has submitted tasks to a service."""
    more = {"after": after} if after else {}
    with _asking(api) as client:
        found = client.task_users(service, limit=limit, **more)
    if as_json:
        console.print_json(found.model_dump_json(), indent=None)
        return
    table = Table("user", "tasks", "latest", box=None)
    for each in found.users:
        latest = f"{each.latest_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(escape(each.user_id), str(each.tasks), latest)
    console.print(table)


def _asking(api: str | None) -> AbstractContextManager[Client]:
    return connected(api, token_of=_token)


def _token(settings: Settings) -> SecretStr | None:
    """The operator's key, or a user's."""
    return settings.api_token or settings.api_key


def _show_list(found: TaskList) -> None:
    table = Table("task", "service", "user", "status", "submitted", "latest", box=None)
    for each in found.tasks:
        table.add_row(
            *(each.task_id, escape(each.service), escape(each.user_id)),
            escape(f"{each.status}{f' ({each.code})' if each.code else ''}"),
            f"{each.submitted_at:%Y-%m-%d %H:%M:%S}",
            escape(each.log[-1].partition(",")[2]),
        )
    console.print(table)
    if found.next:
        console.print(f"more: --before {found.next}", highlight=False)
