"""`waybill limits`: how fast data may move, for the plane, an endpoint, a flow."""

import re
from typing import Annotated, Any

import typer
from rich.table import Table

from domain.limits.summary import LimitsSummary, RatesSummary
from domain.limits.terms import EVERY_DAY, Day
from waybill.cli.app import Api, AsJson, app, connected, console
from waybill.client import Client

limits = typer.Typer(
    help="Limit bandwidth and requests, over all workers, while they run.",
    no_args_is_help=True,
)
app.add_typer(limits, name="limits")

Scope = Annotated[
    str, typer.Argument(help="plane, endpoint:<host:port> or data-flow:<id>.")
]
Bandwidth = Annotated[
    str | None, typer.Option(help="Bytes a second: 800k, 100M (10^6), 1.5Gi (2^30).")
]
Requests = Annotated[str | None, typer.Option(help="Requests a second: 200 or 200/s.")]
Parts = Annotated[int | None, typer.Option(min=1, help="Parts or objects at once.")]
Start = Annotated[str | None, typer.Option("--from", help="Only from then: 08:00.")]
End = Annotated[str | None, typer.Option("--to", help="Until then, or the next day.")]
Days = Annotated[str | None, typer.Option(help="On these days: mon-fri, sat,sun.")]
Zone = Annotated[str, typer.Option(help="Whose clock: an IANA name.")]

_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([kmgt]?)(i?)(?:b?(?:/s)?)", re.IGNORECASE)
_FREQUENCY = re.compile(r"(\d+(?:\.\d+)?)(?:/s)?")
_SAME_WINDOW = ("days", "from", "to", "timeZone")


@limits.command("set")
def set_limits(  # noqa: PLR0917 - one option each
    scope: Scope,
    bandwidth: Bandwidth = None,
    requests: Requests = None,
    parts: Parts = None,
    start: Start = None,
    end: End = None,
    days: Days = None,
    time_zone: Zone = "UTC",
    api: Api = None,
) -> None:
    """Set the base limits; with --from and --to, those of a time of day.

    What is not named is not limited. The other windows of the timetable stay.
    """
    rates = _rates(bandwidth, requests, parts)
    window = _window(start, end, days, time_zone)
    with connected(api) as client:
        body = _body(client, scope)
        if window is None:
            body = {**rates, "timetable": body["timetable"]}
        else:
            others = [w for w in body["timetable"] if not _same(w, window)]
            body["timetable"] = [*others, {**window, **rates}]
        found = client.set_limits(scope, body)
    _show((found,))


@limits.command()
def show(as_json: AsJson = False, api: Api = None) -> None:
    """Show what is limited, and which rates hold now."""
    with connected(api) as client:
        found = client.limits()
    if as_json:
        for each in found:
            console.print_json(each.model_dump_json(), indent=None)
        return
    _show(found)


@limits.command()
def clear(scope: Scope, api: Api = None) -> None:
    """Limit the scope no more."""
    with connected(api) as client:
        client.clear_limits(scope)
    console.print("cleared", highlight=False)


def amount(said: str) -> int:
    """Bytes, of `100M` or `1.5Gi`. Raises BadParameter."""
    found = _AMOUNT.fullmatch(said.strip())
    if found is None:
        raise typer.BadParameter(f"{said} is no amount: 800k, 100M, 1.5Gi")
    number, unit, binary = found.groups()
    unit_bytes: int = (1024 if binary else 1000) ** _UNITS[unit.lower()]
    return round(float(number) * unit_bytes)


def days_of(said: str) -> list[Day]:
    """The days, of `mon-fri` or `sat,sun`. Raises BadParameter."""
    found: set[Day] = set()
    try:
        for each in said.lower().split(","):
            first, _, last = each.strip().partition("-")
            begin = EVERY_DAY.index(Day(first))
            length = (EVERY_DAY.index(Day(last or first)) - begin) % len(EVERY_DAY) + 1
            found |= {EVERY_DAY[(begin + n) % len(EVERY_DAY)] for n in range(length)}
    except ValueError:
        raise typer.BadParameter(f"{said}: days are {', '.join(EVERY_DAY)}") from None
    return [day for day in EVERY_DAY if day in found]


def _rates(
    bandwidth: str | None, requests: str | None, parts: int | None
) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if bandwidth is not None:
        said["bytesPerSecond"] = amount(bandwidth)
    if requests is not None:
        found = _FREQUENCY.fullmatch(requests.strip())
        if found is None:
            raise typer.BadParameter(f"{requests} is no rate: 200 or 200/s")
        said["requestsPerSecond"] = float(found.group(1))
    if parts is not None:
        said["partsAtOnce"] = parts
    return said


def _window(
    start: str | None, end: str | None, days: str | None, time_zone: str
) -> dict[str, Any] | None:
    if start is None and end is None and days is None:
        return None
    return {
        "days": days_of(days) if days else list(EVERY_DAY),
        "from": start or "00:00",
        "to": end or "00:00",
        "timeZone": time_zone,
    }


def _body(client: Client, scope: str) -> dict[str, Any]:
    """What is set now, as it would be set again."""
    found = [each for each in client.limits() if each.scope == scope]
    if not found:
        return {"timetable": []}
    return found[0].model_dump(mode="json", exclude={"scope", "now"}, exclude_none=True)


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in _SAME_WINDOW)


def _show(found: tuple[LimitsSummary, ...]) -> None:
    table = Table("scope", "when", "bandwidth", "requests", "parts", "", box=None)
    for each in found:
        lines: list[tuple[str, RatesSummary]] = [
            (f"{','.join(w.days)} {w.start}-{w.end} {w.time_zone}", w)
            for w in each.timetable
        ]
        for when, rates in [*lines, ("else" if lines else "always", each)]:
            now = "now" if _said(rates) == _said(each.now) else ""
            table.add_row(each.scope, when, *_said(rates), now)
    console.print(table)


def _said(rates: RatesSummary) -> tuple[str, str, str]:
    return (
        f"{rates.bytes_per_second:,} B/s" if rates.bytes_per_second else "-",
        f"{rates.requests_per_second:g}/s" if rates.requests_per_second else "-",
        f"{rates.parts_at_once}" if rates.parts_at_once else "-",
    )
