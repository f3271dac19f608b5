"""`waybill endpoints`: what is known of the storage endpoints."""

from rich.table import Table

from projections.endpoint_views import Endpoint, EndpointPair
from waybill.cli.app import Api, AsJson, app, connected, console
from waybill.cli.wording import size


@app.command()
def endpoints(as_json: AsJson = False, api: Api = None) -> None:
    """Show what endpoints can do, whether they are there, and how many at once help."""
    with connected(api) as client:
        found = client.endpoints()
    if as_json:
        console.print_json(found.model_dump_json(), indent=None)
        return
    _show(found.endpoints)
    if found.pairs:
        console.print()
        _show_pairs(found.pairs)


def _show(found: tuple[Endpoint, ...]) -> None:
    table = Table("endpoint", "state", "pace", "can", "cannot", box=None)
    for each in found:
        state = f"away ({each.circuit_reason})" if each.circuit == "open" else "there"
        pace = f"{each.requests_at_once}, {each.pace_reason}" if each.paced_at else "-"
        table.add_row(
            each.endpoint, state, pace, _names(each, can=True), _names(each, can=False)
        )
    console.print(table)


def _show_pairs(found: tuple[EndpointPair, ...]) -> None:
    table = Table("from", "to", "at once", "why", "a second", "by", box=None)
    for each in found:
        rate = f"{each.requests_per_second:.0f}, {size(each.bytes_per_second)}"
        table.add_row(
            each.source,
            each.destination,
            str(each.requests_at_once),
            each.reason,
            rate,
            each.worker,
        )
    console.print(table)


def _names(endpoint: Endpoint, *, can: bool) -> str:
    names = [n for n, able in endpoint.capabilities.items() if able is can]
    return "\n".join(sorted(names)) or "-"
