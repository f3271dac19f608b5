"""`waybill archive`, `waybill shred`: finished flows go to object storage, and away."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import psycopg
import typer

from domain.errors import DataPlaneError
from eventlog import EventLog
from projections.archive.moving import Archiving
from projections.archive.shredding import Shredding
from projections.settings import Settings
from waybill.cli.app import FAILED, USAGE, Flow, app, console, errors
from waybill.cli.wording import size

_AGE = re.compile(r"([0-9]{1,6})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_OLD = """
    SELECT data_flow_id FROM read_model.flow_status AS f
    WHERE state IN ('COMPLETED', 'TERMINATED') AND updated_at < %s
      AND NOT EXISTS (SELECT FROM archive.flow AS a
                      WHERE a.data_flow_id = f.data_flow_id)
    ORDER BY created_position
"""


def an_age(said: str) -> timedelta:
    """Of `90d`, `12h` or `30m`."""
    found = _AGE.fullmatch(said)
    if found is None:
        raise typer.BadParameter("an age is like 90d, 12h or 30m")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@app.command()
def archive(
    flow: Annotated[str | None, typer.Argument(help="One finished flow.")] = None,
    older_than: Annotated[
        timedelta | None,
        typer.Option(
            metavar="AGE",
            parser=an_age,
            help="All that ended so long ago, and are not archived: 90d, 12h.",
        ),
    ] = None,
) -> None:
    """Move what finished flows recorded to WAYBILL_ARCHIVE_URL, with its proof.

    Each is read back and checked before anything is deleted. Histories, states of the
    past, exports and verification answer as before.
    """
    if (flow is None) == (older_than is None):
        errors.print("name a flow, or --older-than")
        raise typer.Exit(USAGE)
    chosen = [flow] if flow is not None else _older(older_than or timedelta())
    if not asyncio.run(_each(chosen, _archived)):
        raise typer.Exit(FAILED)


@app.command()
def shred(flow: Flow) -> None:
    """Destroy the key of a flow's archive: nobody can read it again. The log verifies.

    What is left is that there was a flow, between whom, and what it added up to.
    """
    if not asyncio.run(_each([flow], _shredded)):
        raise typer.Exit(FAILED)


def _older(than: timedelta) -> list[str]:
    with psycopg.connect(Settings().database_url) as connection:
        rows = connection.execute(_OLD, (datetime.now(UTC) - than,))
        return [row[0] for row in rows]


async def _each(
    flows: list[str], do: Callable[[EventLog, str], Awaitable[str]]
) -> bool:
    """Whether all of them could be; each tells."""
    done = 0
    async with EventLog.open(Settings().database_url) as log:
        for flow in flows:
            try:
                told = await do(log, flow)
                done += 1
            except DataPlaneError as error:
                told = f"{error} ({error.code})"
            console.print(f"{flow}: {told}", markup=False, highlight=False)
    return done == len(flows)


async def _archived(log: EventLog, flow: str) -> str:
    made = await Archiving(log, Settings()).archive(flow)
    return f"{made.events} events, {size(made.size_bytes)}, at {made.place}"


async def _shredded(log: EventLog, flow: str) -> str:
    await Shredding(log, Settings()).shred(flow)
    return "shredded"
