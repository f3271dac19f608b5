"""Where in the log is each data flow: which stretches of it hold its events?

An audit reads the events themselves, from the log; this says where to look, so that
the history of one flow among millions is found page by page. Stretches are fixed runs
of positions, and not the pages of a run, so that a rebuild makes the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pydantic_core
from psycopg import AsyncConnection

from domain.message import Event, Recorded
from projections import rows
from projections.flow_states import flow_of, is_about_a_flow
from projections.read_model import ReadModel

STRETCH = 500


@dataclass(frozen=True, slots=True)
class Stretch:
    """A row of `history_index`: positions `stretch * STRETCH` and the 499 after it."""

    data_flow_id: str
    stretch: int


async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    """Note the stretches of the page's events that are about a flow."""
    about = [each for each in page if is_about_a_flow(each)]
    found = {(flow_of(each), each.position // STRETCH) for each in about}
    await rows.add(connection, "history_index", [Stretch(*each) for each in found])


class _About(Event):
    data_flow_id: str | None = None


def _read(position: int, stream: UUID, version: int, _: str, state: bytes) -> Recorded:
    """Which flow an event is about, and nothing else: this looks at all events."""
    event = pydantic_core.from_json(state)["event"]
    about = _About.model_construct(data_flow_id=event.get("data_flow_id"))
    read: dict[str, Any] = {"stream": stream, "version": version, "event": about}
    return Recorded.model_construct(position=position, **read)


READ_MODEL = ReadModel(
    "history_index", ("history_index",), lambda: apply, read=_read, only_adds=True
)
