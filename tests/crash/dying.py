"""
A role of Waybill that kills itself: `python -m tests.crash.dying ROLE N before|after`.

The role is the real one, wired by its own composition root. Only what has an effect
outside the process is wrapped, here and nowhere in the product: appends to the log,
transactions on rows, messages and their acknowledgement, calls to the storage. Before
or after the N-th of these (of those whose name contains EFFECT, when that is given)
the process writes the effect's name into the file DYING_NOTE and gets SIGKILL.
"""

import argparse
import asyncio
import functools
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faststream.nats import NatsBroker
from faststream.nats.message import NatsMessage
from psycopg import AsyncConnection

from eventlog import EventLog, convoy, follower
from handlers import __main__ as handlers_main
from handlers.coordinator.queued import Queued
from handlers.coordinator.rows import Rows
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3.store import S3Destination
from handlers.secret_store import SecretStore
from handlers.settings import Settings
from projections import runner
from projections.settings import Settings as ProjectionSettings
from projections.ticks import Ticks

# So that a log of some dozen events has several pages.
_PAGE_EVENTS = 16

_QUEUED = ("mark_queued", "queue_again")
_UPLOADS = ("create_upload", "list_uploads", "list_parts", "abort_upload")
_COPIES = ("relay_part", "relay_object", "copy_part", "copy_object", "digest")
_EFFECTS: dict[str, list[tuple[type, str]]] = {
    "worker": [
        (EventLog, "append"),
        (NatsMessage, "ack"),
        (NatsMessage, "nack"),
        *((Pair, name) for name in _COPIES),
        *((S3Destination, name) for name in (*_UPLOADS, "complete_upload")),
    ],
    "dispatcher": [
        (EventLog, "append"),
        (NatsBroker, "publish"),
        (SecretStore, "destroy"),
        (Rows, "forget"),
        *((Queued, name) for name in _QUEUED),
        *((S3Destination, name) for name in _UPLOADS),
    ],
    "projector": [(Ticks, "publish")],
}
_TRANSACTIONS = ("dispatcher", "projector")


@dataclass
class Knife:
    """Counts effects, and cuts at the chosen one."""

    at: int
    when: str
    only: str
    note: Path
    count: int = 0

    def begin(self, effect: str) -> int:
        """An effect is about to be; returns its number (0: not counted)."""
        if self.only not in effect:
            return 0
        self.count += 1
        self._cut(self.count, "before", effect)
        return self.count

    def end(self, number: int, effect: str) -> None:
        """It has been."""
        self._cut(number, "after", effect)

    def _cut(self, number: int, when: str, effect: str) -> None:
        if number == self.at and when == self.when:
            self.note.write_text(effect)
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, owner: type, method: str) -> None:
        """Have a method's calls counted."""
        original: Callable[..., Awaitable[Any]] = getattr(owner, method)

        @functools.wraps(original)
        async def counted(*args: Any, **kwargs: Any) -> Any:
            effect = f"{owner.__name__}.{method}{_topics(args)}"
            number = self.begin(effect)
            result = await original(*args, **kwargs)
            self.end(number, effect)
            return result

        setattr(owner, method, counted)

    def wrap_transactions(self) -> None:
        """Have commits counted: before is with everything done but the commit."""
        original = AsyncConnection.transaction

        @asynccontextmanager
        async def counted(connection: Any, *args: Any) -> AsyncIterator[Any]:
            number = 0
            async with original(connection, *args) as transaction:
                yield transaction
                number = self.begin("commit")
            self.end(number, "commit")

        setattr(AsyncConnection, "transaction", counted)  # noqa: B010 (as in `wrap`)


def _topics(args: tuple[Any, ...]) -> str:
    """What an append appends."""
    events = [e for each in args for e in getattr(each, "events", ())]
    return f" {'+'.join(dict.fromkeys(e.TOPIC for e in events))}" if events else ""


def main() -> None:
    """Read the command line, wrap, and be the role until the cut."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.dying")
    parser.add_argument("role", choices=sorted(_EFFECTS))
    parser.add_argument("number", type=int)
    parser.add_argument("when", choices=("before", "after", "again"))
    parser.add_argument("effect", nargs="?", default="")
    said = parser.parse_args()
    note = Path(os.environ["DYING_NOTE"])
    when = "before" if said.when == "before" else "after"
    knife = Knife(said.number, when, said.effect, note)
    for owner, method in _EFFECTS[said.role]:
        knife.wrap(owner, method)
    if said.role in _TRANSACTIONS:
        knife.wrap_transactions()
    logging.basicConfig(level=logging.INFO)
    if said.role == "projector":
        for module in (follower, convoy):
            setattr(module, "PAGE_EVENTS", _PAGE_EVENTS)  # noqa: B010 (it is not theirs)
        asyncio.run(runner.run(ProjectionSettings()))
    else:
        asyncio.run(handlers_main._serve(said.role, Settings()))


if __name__ == "__main__":
    main()
