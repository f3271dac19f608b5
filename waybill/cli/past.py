"""`waybill at` and `waybill diff`: a flow at a moment of its past, or at two."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, cast

import typer

from projections.past.views import Change, Differences, FlowState
from projections.views import Progress
from waybill.cli.app import Api, AsJson, Flow, app, connected, console
from waybill.cli.wording import duration, place, size

_Moment = typer.Argument(
    metavar="MOMENT", help="A position, or a time as 2026-11-21T09:30:00Z (UTC)."
)
When = Annotated[str, _Moment]
Other = Annotated[str | None, typer.Option("--to", help="Compare with this moment.")]
End = Annotated[str | None, typer.Argument(metavar="[MOMENT]", help="By default now.")]
_SHOWN = 20


@app.command()
def at(
    flow: Flow, moment: When, to: Other = None, as_json: AsJson = False, api: Api = None
) -> None:
    """Show a flow as it was: its events, folded up to a moment."""
    if to is not None:
        diff(flow, moment, to, as_json, api)
        return
    with connected(api) as client:
        state = client.state_at(flow, moment)
    _print([state.model_dump_json()] if as_json else _state(state))


@app.command()
def diff(
    flow: Flow, begin: When, end: End = None, as_json: AsJson = False, api: Api = None
) -> None:
    """Show what happened to a flow between two moments."""
    with connected(api) as client:
        found = client.differences(flow, begin, end)
    _print([found.model_dump_json()] if as_json else _differences(found))


def _print(lines: Iterable[str]) -> None:
    for each in lines:
        console.print(each, markup=False, highlight=False, soft_wrap=True)


def _state(state: FlowState) -> Iterator[str]:
    flow = state.flow
    yield f"position {state.position}, {state.at:%Y-%m-%d %H:%M:%S.%f} UTC"
    yield f"{'events':12} {state.events}"
    yield f"{'state':12} {flow.state}" + (
        f", {flow.error_code}" * bool(flow.error_code)
    )
    yield f"{'agreement':12} {flow.agreement_id or '-'}"
    yield f"{'route':12} {place(flow.source)} → {place(flow.destination)}"
    if state.waits_for:
        yield f"{'waits for':12} {state.waits_for}"
    if state.progress:
        yield from _progress(state.progress)
    counts = state.segments.model_dump(by_alias=False)
    standing = [f"{count} {name}" for name, count in counts.items() if count]
    yield f"{'segments':12} {', '.join(standing) or '-'}"
    for lease in state.leases[:_SHOWN]:
        of = f"{lease.parts_done} of {lease.parts} parts"
        if not lease.parts:
            of = f"{lease.objects_done} of {lease.objects} objects"
        since = f"{lease.since:%H:%M:%S}"
        yield f"{'lease':12} {lease.segment}: {lease.worker} since {since}, {of}"
    for large in state.large[:_SHOWN]:
        done = f"{large.parts_done} of {large.parts} parts, {size(large.bytes_done)}"
        yield f"{'object':12} {large.key}: {large.outcome or done}"
    for owed in state.callbacks:
        yield f"{'callback':12} {owed.kind}: {owed.state}, {owed.attempts} attempts"


def _progress(row: Progress) -> Iterator[str]:
    least = "" if row.listing_complete else "at least "
    yield f"{'objects':12} {row.objects_copied} of {least}{row.objects_total}" + (
        f", {row.objects_failed} failed" * bool(row.objects_failed)
    )
    yield f"{'bytes':12} {size(row.bytes_copied)} of {least}{size(row.bytes_total)}"
    yield f"{'parts':12} {row.parts_copied} of {least}{row.parts_total}"


def _differences(found: Differences) -> Iterator[str]:
    took = duration(found.seconds)
    yield f"position {found.before_position} to {found.after_position}, {took}"
    for topic, count in found.events.items():
        yield f"{count:>6} {topic}"
    yield from map(_change, found.changes)


def _change(change: Change) -> str:
    return f"{change.path}: {_value(change.before)} → {_value(change.after)}"


def _value(value: object) -> str:
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return ", ".join(f"{name} {_value(each)}" for name, each in pairs)
    return "-" if value is None else str(value)
