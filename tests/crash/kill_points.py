"""One kill point: a transfer by a process that dies, finished by one that lives."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.data_flow import State
from domain.segment.events import ObjectCopied, ObjectsCopied, Verdict
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy
from tests.scenarios.front import Front
from tests.scenarios.ground import Ground
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

SIZES = {"in/big": 12 * MIB, "in/a": 1000, "in/b": 0, "in/c": 70_000}
_PARTS, _SMALL = 3, 3
DYING = "dying"
# After the effect too, in a process that takes up what a killed one has left.
AGAIN = "again"
# Who runs all the time while a role is killed again and again.
OTHERS = {
    "worker": ("commands", "dispatcher"),
    "dispatcher": ("commands", "worker"),
}


@dataclass(frozen=True)
class KillPoint:
    """The number-th effect (whose name contains `effect`), before or after it."""

    role: str
    number: int
    when: str
    effect: str = ""

    @property
    def name(self) -> str:
        """Also the name of its data flow."""
        effect = self.effect.replace(" ", "-")
        return "-".join(filter(None, (self.role, str(self.number), self.when, effect)))


@dataclass(frozen=True)
class Scene:
    """The plane, with everything started but the role that dies; and the storage."""

    plane: Plane
    front: Front
    pair: BucketPair
    seeded: Mapping[str, str]

    async def survive(self, *points: KillPoint) -> str | None:
        """Run one transfer over kill points of a role, one process after the other.

        Returns the last effect's name; None: not reached. Raises AssertionError when
        anything was lost, repeated, or left behind.
        """
        flow, role = "-then-".join(point.name for point in points), points[0].role
        through = storage.destination_at(self.pair, self.front.url)
        copy = Copy(through, "in/", f"{flow}/", SMALL_PARTS)
        note = self.plane.home / f"{flow}.note"
        reply = await self.plane.request("start", copy.start(flow))
        assert reply.problem is None, reply
        died = [await self._dies(each, flow, note) for each in points]
        if died[-1]:
            self.plane.start(role)
            await self.plane.reaches(flow, State.COMPLETED)
            await self.quiet()
            self.plane.kill(role)
        await self.check(flow)
        return note.read_text() if died[-1] else None

    async def _dies(self, point: KillPoint, flow: str, note: Path) -> bool:
        """Whether it did, before there was nothing left to do."""
        note.unlink(missing_ok=True)
        self._start_dying(point, note)
        if await self._dead_or_done(flow) == "done":
            await self.plane.stop(DYING)
        # The note is the truth: it may have died of its very last effect just now.
        return note.exists()

    def _start_dying(self, point: KillPoint, note: Path) -> None:
        self.plane.environment["DYING_NOTE"] = str(note)
        arguments = (point.role, str(point.number), point.when, point.effect)
        self.plane.run(DYING, "tests.crash.dying", *arguments)

    async def _dead_or_done(self, flow: str) -> str:
        async def either() -> str | None:
            if not self.plane.runs(DYING):
                return "dead"
            state = (await self.plane.flow(flow)).state
            return "done" if state is State.COMPLETED and await self._quiet() else None

        return await self.plane.until("death or completion", either, flow)

    async def quiet(self) -> None:
        """Wait until no message is unacknowledged and no row is left."""
        await self.plane.until("every message to be acknowledged", self._quiet)

    async def _quiet(self) -> bool:
        stream = await self.plane.client.jetstream().stream_info("TASK")
        return stream.state.messages == 0 and await self.plane.is_clean()

    async def check(self, flow: str) -> None:
        """All that must hold, whoever died."""
        plane, destination = self.plane, f"{flow}/"
        arrived = await storage.arrived(self.pair, destination)
        expected = {k.replace("in/", destination): v for k, v in self.seeded.items()}
        assert arrived == expected, "the destination is not identical"
        events = await plane.events(flow)
        story = "\n".join(history.lines(events))
        parts = history.parts(events)
        assert sorted(parts.values()) == [1] * _PARTS, (
            f"parts recorded: {parts}\n{story}"
        )
        packed = [o for e in history.of_kind(events, ObjectsCopied) for o in e.objects]
        whole = [e.object for e in history.of_kind(events, ObjectCopied)]
        assert len(packed) == _SMALL, story
        assert len(whole) == 1, story
        verdicts = {each.verdict for each in (*packed, *whole)}
        assert verdicts == {Verdict.VERIFIED}, story
        uploaded = self.front.parts(destination)
        assert sorted(uploaded.values()) == [1] * _PARTS, f"{uploaded}\n{story}"
        put = self.front.objects(destination)
        assert sorted(put.values()) == [1] * _SMALL, f"{put}\n{story}"
        assert await storage.unfinished_uploads(self.pair) == []
        topics = [each.event.TOPIC for each in events]
        assert topics.count("data-flow.completed.v1") == 1, story
        assert topics.count("transfer.completed.v1") == 1, story


@asynccontextmanager
async def staged(ground: Ground, role: str) -> AsyncIterator[Scene]:
    """The scene for killing a role."""
    seeded = await storage.seed(ground.pair, SIZES)
    async with (
        Front.open(ground.pair.destination.endpoint) as front,
        Plane.open(
            ground.home, ground.database_url, ground.nats_url, ack_wait_seconds="1"
        ) as plane,
    ):
        plane.start(*OTHERS[role])
        yield Scene(plane, front, ground.pair, seeded)
