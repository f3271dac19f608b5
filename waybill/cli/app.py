"""All commands, and what they have in common."""

import contextlib
import sys
from collections.abc import Callable, Generator
from typing import Annotated, TextIO

import typer
from pydantic import SecretStr
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


def _api_token(settings: Settings) -> SecretStr | None:
    return settings.api_token


@contextlib.contextmanager
def connected(
    api: str | None, *, token_of: Callable[[Settings], SecretStr | None] = _api_token
) -> Generator[Client]:
    """A client; what the gateway refuses ends the command with its code.

    `token_of` the settings is what it shows of itself.
    """
    settings = Settings()
    secret = token_of(settings)
    token = secret.get_secret_value() if secret else None
    try:
        with Client(api or settings.api_base, token) as client:
            yield client
    except UnreachableError as error:
        errors.print(f"[red]{error}[/red]\nStart one with [bold]waybill up[/bold].")
        raise typer.Exit(UNREACHABLE) from None
    except ApiError as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(FAILED) from None
