"""`waybill projections`: read models, how far they are, and how to make them again."""

import asyncio
from typing import Annotated

import typer

from projections.catalogue import READ_MODELS
from projections.positions import positions_report
from projections.rebuild import rebuild
from projections.settings import Settings
from waybill.cli.app import USAGE, app, console, errors

projections = typer.Typer(help="Read models: how far they are, and making them again.")
app.add_typer(projections, name="projections")


@projections.callback(invoke_without_command=True)
def how_far(context: typer.Context) -> None:
    """Read models: how far they are (the default), and making them again."""
    if context.invoked_subcommand is None:
        positions()


@projections.command("rebuild")
def rebuild_command(
    names: Annotated[
        list[str] | None, typer.Argument(help="Read models; none means all of them.")
    ] = None,
) -> None:
    """Make read models again from the log, beside the live ones, then switch."""
    unknown = set(names or ()) - set(READ_MODELS)
    if unknown:
        errors.print(f"unknown: {', '.join(sorted(unknown))}", highlight=False)
        raise typer.Exit(USAGE)
    asyncio.run(rebuild(Settings().database_url, names or list(READ_MODELS)))


@projections.command()
def positions() -> None:
    """Print how far each read model is: position, events behind, their age."""
    report = asyncio.run(positions_report(Settings().database_url))
    console.print(report, highlight=False)
