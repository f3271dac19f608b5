"""Where the uploads of a data flow go: its destination, as it was at the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import cast
from urllib.parse import urlsplit

from psycopg import AsyncConnection

from domain import data_flow, names
from domain.data_flow import DataFlowEvent
from domain.location import Location
from domain.message import Recorded
from projections.flow_states import LogEvent
from projections.log_reads import load_streams


@dataclass(frozen=True)
class UploadPlace:
    """Host and port, or a region; and the bucket. Empty where nobody knows."""

    endpoint: str = ""
    bucket: str = ""


async def places_of(
    connection: AsyncConnection, begun: Sequence[Recorded]
) -> dict[int, UploadPlace]:
    """By position: where the flow's objects went when this was recorded."""
    streams = {
        each.position: names.data_flow_stream(cast("LogEvent", each.event).data_flow_id)
        for each in begun
    }
    histories = await load_streams(connection, set(streams.values()))
    return {
        position: _place(histories.get(stream, ()), position)
        for position, stream in streams.items()
    }


def _place(history: Sequence[Recorded], position: int) -> UploadPlace:
    flow = reduce(
        data_flow.evolve,
        (cast("DataFlowEvent", e.event) for e in history if e.position < position),
        data_flow.INITIAL,
    )
    there = flow.destination
    if there is None:
        return UploadPlace()
    return UploadPlace(_endpoint(there), str(there.fields.get("bucket") or ""))


def _endpoint(place: Location) -> str:
    # As the workers name it where they tell of its pace and its circuit.
    url = place.fields.get("endpoint_url") or place.fields.get("endpoint")
    if isinstance(url, str):
        return urlsplit(url).netloc.rpartition("@")[2] or place.mechanism
    return f"{place.mechanism}:{place.fields.get('region') or ''}"
