"""Who works on what now, and what is queued: from heartbeats, and from the broker."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from gateway.dependencies import Here
from gateway.problems import documented
from gateway.roll import Worker
from projections.views import View

router = APIRouter(prefix="/management/workers", tags=["management"])

_REFUSALS: Final = documented(HTTPStatus.SERVICE_UNAVAILABLE)


class Queue(View):
    """A work queue of the broker, in messages.

    `waiting` were not given to anybody yet, `in_hand` were and are not acknowledged,
    `again` of these were delivered before.
    """

    name: str
    waiting: int
    in_hand: int
    again: int


class WorkerList(View):
    """Workers by name, as this gateway has heard of them, and the queues."""

    workers: tuple[Worker, ...]
    queues: tuple[Queue, ...]


@router.get("", responses=_REFUSALS)
async def workers(here: Here) -> WorkerList:
    """Workers with the segments they have in hand, and how long the queues are."""
    found = [
        Queue(name=name, waiting=waiting, in_hand=in_hand, again=again)
        for name, waiting, in_hand, again in await here.bus.queues()
    ]
    return WorkerList(workers=here.roll.present(), queues=tuple(found))
