"""Inputs of a task as they are typed, and what this terminal adds to them."""

import re
from typing import Any, Final

import typer
from rich.markup import escape

from domain.task.messages import USER_PATTERN
from waybill.cli.app import USAGE, errors
from waybill.s3_side import S3Side, SideError

_CREDENTIALS: Final = ("AccessKeyId", "SecretAccessKey", "SessionToken")


def a_user(name: str | None) -> str | None:
    """As it was given. Raises BadParameter where nobody can be called so."""
    if name is not None and not re.fullmatch(USER_PATTERN, name):
        raise typer.BadParameter(
            "a user's name is not empty, and has no slash and no control characters"
        )
    return name


def inputs_of(params: list[str]) -> dict[str, Any]:
    """Of `NAME=VALUE`; a name that comes again is a list. Raises BadParameter."""
    found: dict[str, list[str]] = {}
    for each in params:
        name, equals, value = each.partition("=")
        if not (name and equals):
            raise typer.BadParameter(f"{each} is not NAME=VALUE", param_hint="--param")
        found.setdefault(name, []).append(value)
    return {
        name: values if len(values) > 1 else values[0] for name, values in found.items()
    }


def ways_in(inputs: dict[str, Any]) -> dict[str, Any]:
    """Keys and endpoints of this terminal, for the sides whose inputs say none.

    Exits with 2 where there are none here either.
    """
    found: dict[str, Any] = {}
    # As the plane reads them: `Source` and `SOURCE` are one.
    said = {
        name.replace("-", "").replace("_", "").casefold(): value
        for name, value in inputs.items()
    }
    for side in ("source", "destination"):
        url = said.get(side)
        own = (f"{side}{each}".casefold() for each in (*_CREDENTIALS, "Credentials"))
        if not isinstance(url, str) or said.keys() & set(own):
            continue
        try:
            metadata = S3Side.parse(side, url, None, None).metadata(side)
        except SideError as error:
            errors.print(f"[red]{escape(str(error))}[/red]", highlight=False)
            raise typer.Exit(USAGE) from None
        taken = {f"{side}bucket", f"{side}key", *said}
        if f"{side}endpoint" in said:
            taken.add(f"{side}endpointurl")
        found |= {n: v for n, v in metadata.items() if n.casefold() not in taken}
    return found
