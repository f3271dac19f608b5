"""How a finding is made of the event that supports it. Pure."""

from datetime import datetime

from domain.errors import CATALOGUE
from domain.message import Recorded
from projections.explain.notes import Span, Tally
from projections.explain.views import Finding


def finding(
    kind: str, text: str, recorded: Recorded | None, *, code: str | None = None
) -> Finding:
    """Supported by one event, since its time; with the remedy of a code."""
    entry = CATALOGUE.get(code) if code else None
    return Finding(
        kind=kind,
        text=text,
        position=recorded.position if recorded else 0,
        since=recorded.metadata.occurred_at if recorded else None,
        code=code,
        remedy=f"{entry.owner}: {entry.remedy}" if entry else None,
    )


def lasting(made: Finding, span: Span, now: datetime) -> Finding:
    """The finding, with the time that it lasted or lasts."""
    until = span.end.metadata.occurred_at if span.end else None
    seconds = round(span.seconds(now), 3)
    return made.model_copy(update={"until": until, "seconds": seconds})


def of_tally(kind: str, text: str, tally: Tally, *, code: str | None = None) -> Finding:
    """Supported by the first of several events."""
    made = finding(kind, text, tally.first, code=code)
    last = tally.last.metadata.occurred_at if tally.count > 1 else None
    return made.model_copy(update={"count": tally.count, "until": last})
