"""How fast a copy goes, and when it may be done: from the times of its events. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import floor, log10
from statistics import median
from typing import Final

# Seconds since the epoch; bytes and objects copied until then, in all.
Sample = Sequence[float]

_MOST_SAMPLES: Final = 30
_APART_SECONDS: Final = 2.0
_SLICES: Final = 6
_LEAST_SAMPLES: Final = 4
_LEAST_SECONDS: Final = 6.0
# So much longer than ever lately without news: it stands still.
_STALLED: Final = 5.0
_STALLED_SECONDS: Final = 30.0


def sampled(
    samples: Sequence[Sample], at: datetime, copied: tuple[int, int]
) -> list[Sample]:
    """The samples with one more, of bytes and objects: a few, and some time apart.

    Events of several workers come a little out of order: time does not go back.
    """
    kept = list(samples)
    now = round(max(at.timestamp(), kept[-1][0] if kept else 0.0), 3)
    if len(kept) > 1 and now - kept[-2][0] < _APART_SECONDS:
        kept.pop()
    kept.append((now, *copied))
    return kept[-_MOST_SAMPLES:]


@dataclass(frozen=True)
class Pace:
    """What was measured lately, a second: the median, and a slow and a fast slice."""

    median: float
    slow: float
    fast: float


@dataclass(frozen=True)
class Forecast:
    """`low` to `high` seconds are left; `high` None: nobody can tell the longest."""

    low: float
    high: float | None


def pace(samples: Sequence[Sample], measure: int, now: datetime) -> Pace | None:
    """How fast one measure grows (1: bytes, 2: objects); None with too little to tell.

    The window is cut into slices of equal length. Silence at its end counts, once it
    is longer than any between two samples; much longer, there is no pace at all.
    """
    if len(samples) < _LEAST_SAMPLES:
        return None
    curve = [(each[0], each[measure]) for each in samples]
    longest = max(after[0] - before[0] for before, after in pairwise(curve))
    silence = now.timestamp() - curve[-1][0]
    if silence > max(_STALLED * longest, _STALLED_SECONDS):
        return None
    if silence > longest:
        curve.append((now.timestamp(), curve[-1][1]))
    span = curve[-1][0] - curve[0][0]
    if span < _LEAST_SECONDS:
        return None
    edges = [curve[0][0] + span * n / _SLICES for n in range(_SLICES + 1)]
    totals = [_at(curve, edge) for edge in edges]
    rates = sorted((b - a) * _SLICES / span for a, b in pairwise(totals))
    return Pace(median(rates), rates[1], rates[-2])


def forecast(paces: Sequence[tuple[float, Pace | None]]) -> Forecast | None:
    """When all is done that is left of each measure; the slowest of them decides.

    None where no measure moves.
    """
    each = [
        Forecast(left / one.fast, left / one.slow if one.slow > 0 else None)
        for left, one in paces
        if one is not None and one.median > 0 and left > 0
    ]
    if not each:
        return None
    highs = [one.high for one in each]
    known = [high for high in highs if high is not None]
    return Forecast(
        coarse(max(one.low for one in each)),
        coarse(max(known)) if len(known) == len(highs) else None,
    )


def _at(curve: Sequence[tuple[float, float]], time: float) -> float:
    """The total at a time, on straight lines between the samples."""
    for (t0, v0), (t1, v1) in pairwise(curve):
        if time <= t1:
            return v1 if t1 == t0 else v0 + (v1 - v0) * (time - t0) / (t1 - t0)
    return curve[-1][1]


def coarse(number: float) -> float:
    """Two digits: more would be a lie, and would change with every look."""
    if number <= 0:
        return 0.0
    return round(number, 1 - floor(log10(number)))
