"""All commands, and what they have in common."""

import contextlib
import sys
from collections.abc import Generator
from typing import Annotated, TextIO

import typer
from rich.console import Console

from waybill.client import ApiError, Client, UnreachableError
from waybill.settings import Settings

FAILED, USAGE, UNREACHABLE = 1, 2, 3


def _console(stream: TextIO) -> Console:
    """One that has a width on a terminal only: a pipe or a file gets whole lines."""
    if stream.isatty():
        return Console(stderr=stream is sys.stderr)
    return Console(stderr=stream is sys.stderr, width=10_000, height=25)


console = _console(sys.stdout)
errors = _console(sys.stderr)

app = typer.Typer(
    name="waybill",
    help="Moves data between S3 endpoints, survives any kill, proves what happened.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Api = Annotated[
    str | None,
    typer.Option("--api", help="The gateway's address.", envvar="WAYBILL_API_BASE"),
]
Flow = Annotated[str, typer.Argument(help="The data flow's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document a line.")]


@contextlib.contextmanager
def connected(api: str | None) -> Generator[Client]:
    """A client; what the gateway refuses ends the command with its code."""
    settings = Settings()
    token = settings.api_token.get_secret_value() if settings.api_token else None
    try:
        with Client(api or settings.api_base, token) as client:
            yield client
    except UnreachableError as error:
        errors.print(f"[red]{error}[/red]\nStart one with [bold]waybill up[/bold].")
        raise typer.Exit(UNREACHABLE) from None
    except ApiError as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(FAILED) from None
