"""A service that carries out tasks elsewhere: it hears of them, and reports on them.

    WAYBILL_TASK_SERVICES=render waybill up
    python examples/external_status_service/render_service.py --submit-for alice

What goes over NATS is JSON, and described in /asyncapi.json; nothing of Waybill is
imported here, so this could be any language's client.
"""

import argparse
import asyncio
import json
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError, OutboundBufferLimitError
from nats.errors import TimeoutError as NoAnswerError

SERVICE = "render"
FRAMES = 4
LOOK_SECONDS = 2.0
AGAIN_SECONDS = 0.5
# In the order in which a task has them, so that it is not missed in between.
UNFINISHED = ("submitted", "running", "cancelling")
# The broker or the plane is away, and comes back.
AWAY = (NoAnswerError, NoRespondersError, OutboundBufferLimitError)


class RefusedError(Exception):
    """The plane does not allow it; the code says why."""


@dataclass
class RenderService:
    """Renders frames, which takes no time here; `key` is the operator's."""

    nats: Client
    key: str = field(repr=False)
    frame_seconds: float
    answer_seconds: float
    cancelled: defaultdict[str, asyncio.Event] = field(
        default_factory=lambda: defaultdict(asyncio.Event)
    )
    taken: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def listen(self) -> None:
        """Take each task as it is submitted."""
        await self.nats.subscribe(f"waybill.event.task.{SERVICE}.*", cb=self.hear)

    async def look(self) -> None:
        """Take what was submitted unheard, and what we had in hand when we died.

        Lists are a moment behind, so look again.
        """
        for status in UNFINISHED:
            asked: dict[str, Any] = {"service": SERVICE, "status": status}
            while True:
                page = (await self.ask("waybill.query.tasks", asked))["tasks"]
                for each in page["tasks"]:
                    self.take(each["taskId"])
                if page["next"] is None:
                    break
                asked["before"] = page["next"]

    async def hear(self, message: Msg) -> None:
        """The news of a task: a CloudEvent. It may come more than once, or never."""
        news = json.loads(message.data)
        match news["type"]:
            case "task.submitted.v1":
                self.take(news["subject"])
            case "task.cancel-requested.v1":
                self.cancelled[news["subject"]].set()

    def take(self, task_id: str) -> None:
        """Begin it, once, or go on with it."""
        if task_id not in self.taken:
            self.taken[task_id] = asyncio.create_task(self.render(task_id))

    async def render(self, task_id: str) -> None:
        """Frame by frame, each with a line in the task's log."""
        try:
            # Begun before, this counts no more; the answer tells how far it is.
            task = await self.report(task_id, "begun", status="running")
            done = round((task["percent"] or 0) * FRAMES / 100)
            for frame in range(done + 1, FRAMES + 1):
                if await self.cancelled_within(self.frame_seconds, task_id):
                    await self.report(task_id, "cancelled", status="cancelled")
                    return
                line = f"frame {frame} of {FRAMES}"
                percent = 100 * frame / FRAMES
                await self.report(
                    task_id, f"frame-{frame}", log=[line], percent=percent
                )
            await self.report(task_id, "done", status="completed")
        except RefusedError as error:
            # Cancelled or deleted meanwhile, or taken by another of us.
            print(f"{task_id}: {error}", flush=True)

    async def cancelled_within(self, seconds: float, task_id: str) -> bool:
        """Whether it is, as soon as that is known."""
        try:
            await asyncio.wait_for(self.cancelled[task_id].wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def report(self, task_id: str, step: str, **said: Any) -> dict[str, Any]:
        """Say how far it is; the task as it is then.

        Sent again with its messageId, it counts once.
        """
        body = {"taskId": task_id, "messageId": f"{task_id}/{step}", **said}
        task: dict[str, Any]
        task = (await self.ask("waybill.command.report-task", body))["task"]
        if task["status"] == "cancelling":
            # Whether or not we heard of it.
            self.cancelled[task_id].set()
        return task

    async def submit(self, user: str, **inputs: str) -> str:
        """Register a task of our own, for a user; its id."""
        # With an id of ours, it is one task, however often it must be sent.
        about = {"taskId": str(uuid.uuid4()), "service": SERVICE, "userId": user}
        body = {**about, "inputs": inputs}
        reply = await self.ask("waybill.command.submit-task", body)
        return str(reply["task"]["taskId"])

    async def ask(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        """Request and reply, again until there is an answer. Raises RefusedError."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else None
        data = json.dumps(body).encode()
        while True:
            try:
                answer = await self.nats.request(
                    subject, data, timeout=self.answer_seconds, headers=headers
                )
            except AWAY:
                code = "plane.away"
            else:
                reply: dict[str, Any] = json.loads(answer.data)
                if not reply.get("problem"):
                    return reply
                code = reply["problem"]["code"]
            # `plane.unavailable`: it has no database just now.
            if not code.startswith("plane."):
                raise RefusedError(code)
            print(f"no answer to {subject}: asking again", flush=True)
            await asyncio.sleep(AGAIN_SECONDS)


async def missed(error: Exception) -> None:
    """The broker is away: it is asked again by itself."""
    print(f"broker: {error!r}", flush=True)


async def serve(said: argparse.Namespace) -> None:
    """Until interrupted."""
    key = said.key_file.read().strip() if said.key_file else ""
    client = await nats.connect(
        said.nats,
        max_reconnect_attempts=-1,
        reconnect_time_wait=AGAIN_SECONDS,
        error_cb=missed,
    )
    service = RenderService(client, key, said.frame_seconds, said.answer_seconds)
    await service.listen()
    print("serving", flush=True)
    if said.submit_for:
        print(await service.submit(said.submit_for, scene="ours"), flush=True)
    while True:
        await service.look()
        await asyncio.sleep(LOOK_SECONDS)


def arguments() -> argparse.Namespace:
    """What was said on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nats", default="nats://127.0.0.1:4222")
    parser.add_argument("--key-file", type=argparse.FileType(), help="the operator's")
    parser.add_argument("--submit-for", metavar="USER", help="first, a task of our own")
    parser.add_argument("--frame-seconds", type=float, default=1.0)
    parser.add_argument("--answer-seconds", type=float, default=10.0)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
