"""`waybill stats`, `waybill ledger`, `waybill timeline`: what was moved, and when."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import typer
from rich.markup import escape
from rich.table import Table

from projections.ledger_row import UploadState
from projections.ledger_views import LedgerLine
from projections.stats_views import Per, StatsLine
from projections.timeline_views import RatePoint, Timeline
from waybill.cli.app import Api, AsJson, Flow, app, connected, console
from waybill.cli.wording import duration, size

_DAYS: Final = ["%Y-%m-%d"]
_BARS: Final = " ▁▂▃▄▅▆▇█"

Since = Annotated[
    datetime | None, typer.Option(formats=_DAYS, help="From that day on.")
]
Until = Annotated[
    datetime | None, typer.Option(formats=_DAYS, help="That day included.")
]
Agreement = Annotated[str | None, typer.Option(help="Only under this agreement.")]
Party = Annotated[
    str | None, typer.Option("--counter-party", help="Only with this participant.")
]
Pers = Annotated[
    list[Per] | None, typer.Option("--per", help="A line for each; may be repeated.")
]


@app.command()
def stats(  # noqa: PLR0917 - one option each
    per: Pers = None,
    since: Since = None,
    until: Until = None,
    agreement: Agreement = None,
    counter_party: Party = None,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """Show how much was moved, per day, agreement and counter party (default: day)."""
    filters: dict[str, Any] = {
        "since": since and since.date().isoformat(),
        "until": until and until.date().isoformat(),
        "agreementId": agreement,
        "counterPartyId": counter_party,
    }
    with connected(api) as client:
        said = {name: value for name, value in filters.items() if value}
        found = client.stats(per or [Per.DAY], **said)
    if as_json:
        console.print_json(found.model_dump_json(), indent=None)
        return
    _show_stats(found.lines, per or [Per.DAY])


@app.command()
def ledger(
    flow: Annotated[str | None, typer.Argument(help="Only of this data flow.")] = None,
    state: Annotated[
        UploadState | None, typer.Option(help="Only in this state.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: AsJson = False,
    api: Api = None,
) -> None:
    """Show the ledger of multipart uploads, the newest first."""
    filters: dict[str, Any] = {"dataFlowId": flow, "state": state, "limit": limit}
    with connected(api) as client:
        said = {name: value for name, value in filters.items() if value}
        found = client.uploads(**said)
    if as_json:
        console.print_json(found.model_dump_json(), indent=None)
        return
    _show_uploads(found.uploads)
    more = ", and more" if found.next else ""
    console.print(f"{found.open} open{more}", highlight=False)


@app.command()
def timeline(flow: Flow, as_json: AsJson = False, api: Api = None) -> None:
    """Show what a flow was at when, and how fast it was copied."""
    with connected(api) as client:
        found = client.timeline(flow)
    if as_json:
        console.print_json(found.model_dump_json(), indent=None)
        return
    _show_phases(found)
    if found.rate:
        _show_rate(found.rate, found.bucket_seconds)


def _show_stats(lines: tuple[StatsLine, ...], per: list[Per]) -> None:
    names = [each for each in Per if each in per]
    table = Table(*names, box=None)
    for name in ("bytes", "objects", "failed", "begun", "completed", "terminated"):
        table.add_column(name, justify="right")
    for each in lines:
        of = {
            Per.DAY: str(each.day),
            Per.AGREEMENT: escape(each.agreement_id or "-"),
            Per.COUNTER_PARTY: escape(each.counter_party_id or "-"),
        }
        counts = (
            *(each.objects, each.objects_failed, each.flows_begun),
            *(each.flows_completed, each.flows_terminated),
        )
        table.add_row(
            *(of[name] for name in names), size(each.size_bytes), *map(str, counts)
        )
    console.print(table)


def _show_uploads(found: tuple[LedgerLine, ...]) -> None:
    table = Table("created", "flow", "where", "state", "parts", "bytes", box=None)
    for each in found:
        code = f" ({each.code})" if each.code else ""
        table.add_row(
            f"{each.created_at:%Y-%m-%d %H:%M:%S}",
            escape(each.data_flow_id),
            escape(f"{each.endpoint} {each.bucket}/{each.destination_key}"),
            escape(f"{each.state}{code}"),
            str(each.parts),
            size(each.size_bytes),
        )
    console.print(table)


def _show_phases(found: Timeline) -> None:
    table = Table("from", "for", "phase", "", box=None)
    for each in found.phases:
        lasted = each.ended_at - each.began_at if each.ended_at else None
        until = f" until {each.until:%Y-%m-%d %H:%M:%S}" if each.until else ""
        table.add_row(
            f"{each.began_at:%Y-%m-%d %H:%M:%S}",
            _lasted(lasted),
            each.phase,
            escape(f"{each.reason or ''}{until}"),
        )
    console.print(table)


def _lasted(time: timedelta | None) -> str:
    return "-" if time is None else duration(max(0.0, time.total_seconds()))


def _show_rate(rate: tuple[RatePoint, ...], seconds: int) -> None:
    most = max(each.size_bytes for each in rate)
    bars = "".join(_bar(each.size_bytes, most) for each in rate)
    console.print(f"\n{bars}", highlight=False)
    peak = f"{size(most / seconds)}/s at most"
    each = f"{len(rate)} x {duration(seconds)}"
    console.print(f"{each} from {rate[0].at:%H:%M:%S}, {peak}", highlight=False)


def _bar(number: int, most: int) -> str:
    if number <= 0 or most <= 0:
        return _BARS[0]
    return _BARS[max(1, round((len(_BARS) - 1) * number / most))]
