"""`waybill audit`: is what is shown, and what is stored, as the log says?"""

import asyncio
from typing import Annotated, Final

import typer

from projections.catalogue import READ_MODELS
from projections.destinations import expected
from projections.replay import replay
from projections.replay_views import Compared, Difference
from projections.settings import Settings
from waybill.cli.app import FAILED, USAGE, AsJson, app, console, errors
from waybill.destination_check import DestinationCheck, Finding

audit = typer.Typer(
    help="Check what is shown, and what is stored, against the log.",
    no_args_is_help=True,
)
app.add_typer(audit, name="audit")

_ALL: Final = "all"

Profile = Annotated[
    str | None,
    typer.Option("--destination-profile", help="Of the AWS configuration files."),
]


def a_sample(said: str) -> str:
    """As it was said: a number, or `all`."""
    if said != _ALL and not (said.isascii() and said.isdigit() and int(said)):
        raise typer.BadParameter("a number of objects, or all")
    return said


Objects = Annotated[
    str | None,
    typer.Option(
        metavar="N|all", parser=a_sample, help="Look at so many objects, too."
    ),
]


@audit.command("replay")
def replay_command(
    names: Annotated[
        list[str] | None, typer.Argument(help="Read models; none means all of them.")
    ] = None,
    objects: Objects = None,
    flow: Annotated[
        str | None, typer.Option(help="Only this flow's objects are looked at.")
    ] = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Make read models again from the log, beside the live ones, and compare.

    Each row that differs is named. Nothing is changed, and nobody waits for it. With
    --objects, the destinations are asked for what the flows have copied. Exit code 1:
    something differs.
    """
    unknown = set(names or ()) - set(READ_MODELS)
    if unknown:
        errors.print(f"unknown: {', '.join(sorted(unknown))}", highlight=False)
        raise typer.Exit(USAGE)
    wrong = asyncio.run(_replayed(names or list(READ_MODELS), as_json=as_json))
    if objects:
        wrong += asyncio.run(_looked(flow, objects, profile, as_json=as_json))
    if wrong:
        raise typer.Exit(FAILED)


@audit.command("objects")
def objects_command(
    flow: Annotated[str | None, typer.Argument(help="Only this flow's.")] = None,
    sample: Annotated[str, typer.Option(metavar="N|all", parser=a_sample)] = _ALL,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Ask the destinations for what flows have copied: size, ETag, checksum.

    Credentials come from an AWS profile or from the environment, as a copy's. Exit
    code 1: something is missing, or different, or could not be asked for.
    """
    if asyncio.run(_looked(flow, sample, profile, as_json=as_json)):
        raise typer.Exit(FAILED)


async def _replayed(names: list[str], *, as_json: bool) -> int:
    different = 0
    async for each in replay(Settings().database_url, names):
        different += isinstance(each, Difference)
        _print(each.model_dump_json() if as_json else _words(each))
    return different


async def _looked(
    flow: str | None, sample: str, profile: str | None, *, as_json: bool
) -> int:
    check = DestinationCheck(profile)
    number = None if sample == _ALL else int(sample)
    wanted = expected(Settings().database_url, flow, number)
    async for each in check.findings(wanted):
        _print(each.model_dump_json() if as_json else _found(each))
    counted = ", ".join(f"{n} {what}" for what, n in sorted(check.looked.items()))
    if not as_json:
        _print(f"objects: {counted or 'none'}")
    return check.looked.total() - check.looked["ok"]


def _print(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _words(each: Compared | Difference) -> str:
    if isinstance(each, Compared):
        wrong = f"{each.different} differ" if each.different else "all as the log says"
        at = f"up to position {each.position}"
        return f"{each.table}: {each.rows} rows {at}, {wrong}"
    name = ", ".join(f"{column}={value}" for column, value in each.key.items())
    if each.live is None:
        return f"{each.table} {name}: is not there"
    if each.log is None:
        return f"{each.table} {name}: should not be there"
    live, log = each.live, each.log
    told = (f"{c} is {live[c]!r}, by the log {log[c]!r}" for c in each.columns)
    return f"{each.table} {name}: {'; '.join(told)}"


def _found(each: Finding) -> str:
    detail = f": {each.detail}" if each.detail else ""
    return f"{each.bucket}/{each.key} of {each.data_flow_id} is {each.what}{detail}"
