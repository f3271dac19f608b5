"""What part of a limit is one worker's."""

from dataclasses import dataclass

from domain.limits.terms import Rates


@dataclass(frozen=True)
class Share:
    """As `Rates`, but for one of several; None: as much as goes, 0: nothing now."""

    bytes_per_second: float | None = None
    requests_per_second: float | None = None
    parts_at_once: int | None = None


def share_of(rates: Rates, rank: int, workers: int) -> Share:
    """That of the worker with this rank (from 0), so that all together have `rates`.

    Parts are whole: who comes first gets one more, and who comes last may get none.
    """
    parts = rates.parts_at_once
    if parts is not None:
        parts = parts // workers + (1 if rank < parts % workers else 0)
    return Share(
        _divided(rates.bytes_per_second, workers),
        _divided(rates.requests_per_second, workers),
        parts,
    )


def _divided(rate: float | None, workers: int) -> float | None:
    return None if rate is None else rate / workers


def nothing_of(rates: Rates) -> Share:
    """While it is not known who else works: nothing of what is limited."""
    return Share(
        None if rates.bytes_per_second is None else 0.0,
        None if rates.requests_per_second is None else 0.0,
        None if rates.parts_at_once is None else 0,
    )
