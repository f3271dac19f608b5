"""All commands, and what they have in common."""

import contextlib
from collections.abc import Callable, Generator
from typing import Annotated

import typer
from pydantic import SecretStr

from waybill.cli.consoles import console, errors
from waybill.cli.endings import FAILED, UNREACHABLE, USAGE, Commands
from waybill.client import Client
from waybill.settings import Settings

__all__ = ["FAILED", "UNREACHABLE", "USAGE", "app", "connected", "console", "errors"]

app = typer.Typer(
    name="waybill",
    help="Moves data between S3 endpoints, survives any kill, proves what happened.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    cls=Commands,
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
    """A client; what is refused ends the command: `waybill.cli.endings`.

    `token_of` the settings is what it shows of itself.
    """
    settings = Settings()
    secret = token_of(settings)
    token = secret.get_secret_value() if secret else None
    with Client(api or settings.api_base, token) as client:
        yield client
