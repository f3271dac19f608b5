"""Journals of what cannot be copied: whole from the beginning, so that it is told."""

from collections.abc import Sequence

from domain.segment.events import ObjectOutcome, PackWork
from domain.transfer.events import PlannedObject, Route
from handlers.coordinator.origins import Lost
from handlers.coordinator.transfer_writer import Birth

_OBJECTS = 100


def lost_births(page: int, lost: Sequence[Lost], route: Route) -> list[Birth]:
    """Those of one page; `route` is that by which the objects would have gone."""
    births: list[Birth] = []
    for start in range(0, len(lost), _OBJECTS):
        some = lost[start : start + _OBJECTS]
        objects = [_planned(f"{page}-l{start + n}", e) for n, e in enumerate(some)]
        outcomes = [
            ObjectOutcome(
                object_id=planned.object_id,
                size_bytes=each.size_bytes,
                error=each.code,
                detail=f"{each.key}: {each.side}: {each.detail}",
            )
            for planned, each in zip(objects, some, strict=True)
        ]
        name = f"{page}-l{start // _OBJECTS}-k"
        births.append(
            Birth(name, route, PackWork(objects=tuple(objects)), tuple(outcomes))
        )
    return births


def _planned(object_id: str, lost: Lost) -> PlannedObject:
    return PlannedObject(
        object_id=object_id,
        source_key=lost.key,
        destination_key=lost.destination_key,
        size_bytes=lost.size_bytes,
        etag=lost.etag,
        version_id=lost.version_id,
    )
