"""`waybill up`, `demo`, `migrate` and `show-config`: running the plane itself."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

import eventlog
from handlers.settings import Settings as HandlerSettings
from waybill import configuration, demo
from waybill.cli.app import FAILED, app, console, errors
from waybill.embedded import Servers
from waybill.embedded.errors import EmbeddedServerError
from waybill.processes import Processes
from waybill.settings import Settings

Home = Annotated[
    Path | None,
    typer.Option(help="Where data and logs are kept.", envvar="WAYBILL_HOME"),
]
Workers = Annotated[int, typer.Option(help="Worker processes.", min=1, max=64)]


@app.command()
def up(
    *,
    home: Home = None,
    workers: Workers = 2,
    port: Annotated[
        int, typer.Option(help="The gateway's port.", envvar="WAYBILL_GATEWAY_PORT")
    ] = 8080,
    door_port: Annotated[
        int, typer.Option(help="The data door's port.", envvar="WAYBILL_DOOR_PORT")
    ] = 8081,
    files_port: Annotated[
        int, typer.Option(help="The file server's port.", envvar="WAYBILL_FILES_PORT")
    ] = 8082,
    with_s3: Annotated[
        bool, typer.Option("--with-s3", help="Also two S3 servers to try it with.")
    ] = False,
) -> None:
    """Start PostgreSQL, NATS and all of Waybill; Ctrl-C drains and stops them."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    place = home or Settings().home
    try:
        with (
            Servers(place, s3=demo.SIDES if with_s3 else ()) as servers,
            Processes(
                place,
                database_url=servers.database_url,
                nats_url=servers.nats_url,
                workers=workers,
                gateway_port=port,
                door_port=door_port,
                files_port=files_port,
            ) as processes,
        ):
            console.print(f"page      {processes.api_base}/ui/")
            console.print(f"gateway   {processes.api_base}  (/docs, /readyz, /metrics)")
            console.print(f"data door {processes.door_url}")
            console.print(
                f"files     {processes.files_url}  (/files, /v1/uploads, /tus)"
            )
            console.print(f"bus       {servers.nats_url}")
            console.print(f"log       {servers.database_url}")
            console.print(f"home      {place}")
            if with_s3:
                file = demo.offer(servers, place)
                console.print(f"S3        . {file}  (buckets lake and partner)")
            if processes.development:
                console.print(
                    "[yellow]development: whoever reaches the gateway may command it; "
                    "WAYBILL_AUTHORIZATION=required asks for tokens[/yellow]"
                )
            console.print("Ctrl-C drains and stops.")
            stop.wait()
            console.print("draining …")
    except EmbeddedServerError as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(FAILED) from None


@app.command("demo")
def run_demo(
    size_mb: Annotated[
        int,
        typer.Option(help="The large object, in MiB.", envvar="WAYBILL_DEMO_SIZE_MB"),
    ] = 1024,
    objects: Annotated[
        int, typer.Option(help="How many small ones.", envvar="WAYBILL_DEMO_OBJECTS")
    ] = 500,
) -> None:
    """Copy between two real S3 servers, with a worker killed in the middle."""
    raise typer.Exit(demo.run(console, size_mb=size_mb, objects=objects))


@app.command()
def migrate() -> None:
    """Bring the database up to date: once, before the processes start."""
    for name in eventlog.migrate(HandlerSettings().database_url):
        console.print(name, highlight=False)


@app.command("show-config")
def show_config() -> None:
    """Print the settings in effect, secrets masked."""
    table = Table("variable", Column("value", overflow="fold"), "of", box=None)
    for each in configuration.effective():
        table.add_row(each.variable, each.value, each.owner)
    console.print(table)
