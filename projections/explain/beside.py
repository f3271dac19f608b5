"""What is of no flow, and still explains one: limits, and what endpoints can. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from domain import names
from domain.data_flow import DataFlow
from domain.endpoint.events import EndpointLearned
from domain.limits import scopes
from domain.limits.events import LimitsChanged
from domain.limits.terms import UNLIMITED, Rates, limits_at
from domain.location import Location
from domain.message import Recorded
from projections.explain.views import Finding
from projections.wording import size


@dataclass(frozen=True)
class Beside:
    """Events of the stream of limits and of streams of endpoints, in order."""

    events: tuple[Recorded, ...] = ()

    def until(self, position: int) -> "Beside":
        """What was known at a position."""
        return Beside(tuple(e for e in self.events if e.position <= position))


def streams_beside(flow: DataFlow) -> list[UUID]:
    """The streams to read for a flow."""
    found = [names.limits_stream()]
    return [*found, *(names.endpoint_stream(each) for each in endpoints_of(flow))]


def endpoints_of(flow: DataFlow) -> list[str]:
    """The names that the flow's endpoints have in the log."""
    places = [each for each in (flow.source, flow.destination) if each is not None]
    return list(dict.fromkeys(_name(each) for each in places))


def limits_in_force(flow: DataFlow, beside: Beside, now: datetime) -> Iterable[Finding]:
    """The limits that hold for the flow now."""
    wanted = {scopes.PLANE, scopes.flow_scope(flow.data_flow_id)}
    wanted |= {scopes.endpoint_scope(each) for each in endpoints_of(flow)}
    last: dict[str, tuple[Recorded, LimitsChanged]] = {}
    for each in beside.events:
        if isinstance(each.event, LimitsChanged) and each.event.scope in wanted:
            last[each.event.scope] = each, each.event
    for scope, (recorded, event) in last.items():
        rates = limits_at(event.limits, now)
        if event.limits == UNLIMITED or rates == Rates():
            continue
        actor = recorded.metadata.actor
        text = f"{scope} may have {_said(rates)} over all workers, as {actor} has set."
        at = recorded.metadata.occurred_at
        yield Finding(kind="limit", text=text, position=recorded.position, since=at)


def learnt(beside: Beside) -> Iterable[Finding]:
    """What was found out of the endpoints."""
    for each in beside.events:
        if isinstance(each.event, EndpointLearned):
            seen = each.event.capabilities
            can = sorted(name for name, able in seen.items() if able)
            cannot = sorted(name for name, able in seen.items() if not able)
            words = [f"does {', '.join(can)}"] * bool(can)
            words += [f"does not do {', '.join(cannot)}"] * bool(cannot)
            yield Finding(
                kind="endpoint-learnt",
                text=f"It was seen that {each.event.endpoint} {' and '.join(words)}.",
                position=each.position,
                since=each.metadata.occurred_at,
            )


def _said(rates: Rates) -> str:
    said: list[str] = []
    if rates.bytes_per_second:
        said.append(f"{size(rates.bytes_per_second)} a second")
    if rates.requests_per_second:
        said.append(f"{rates.requests_per_second:g} requests a second")
    if rates.parts_at_once:
        said.append(f"{rates.parts_at_once} parts at once")
    return ", ".join(said)


def _name(place: Location) -> str:
    # As the handlers name it; they and we meet only in the log.
    url = place.fields.get("endpoint_url") or place.fields.get("endpoint")
    if isinstance(url, str):
        return urlsplit(url).netloc.rpartition("@")[2] or place.mechanism
    return f"{place.mechanism}:{place.fields.get('region') or ''}"
