"""A service that carries out tasks elsewhere: it hears of them, and reports on them.

    WAYBILL_TASK_SERVICES=render waybill up
    python examples/external_status_service/render_service.py --submit-for alice

What goes over NATS is JSON, and described in /asyncapi.json; nothing of Waybill is
imported here, so this could be any language's client.
"""

import argparse
import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

SERVICE = "render"
FRAMES = 4
LOOK_SECONDS = 2.0


class RefusedError(Exception):
    """The plane does not allow it; the code says why."""


@dataclass
class RenderService:
    """Renders frames, which takes no time here; `key` is the operator's."""

    nats: Client
    key: str = field(repr=False)
    frame_seconds: float
    cancelled: set[str] = field(default_factory=set)
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def listen(self) -> None:
        """Take each task as it is submitted."""
        await self.nats.subscribe(f"waybill.event.task.{SERVICE}.*", cb=self.hear)
        await self.nats.flush()

    async def look(self) -> None:
        """Take the tasks that wait: lists are a moment behind, so look again."""
        asked = {"service": SERVICE, "status": "submitted"}
        found = await self.ask("waybill.query.tasks", asked)
        for each in found["tasks"]["tasks"]:
            self.take(each["taskId"])

    async def hear(self, message: Msg) -> None:
        """The news of a task: a CloudEvent. It may come more than once."""
        news = json.loads(message.data)
        match news["type"]:
            case "task.submitted.v1":
                self.take(news["subject"])
            case "task.cancel-requested.v1":
                self.cancelled.add(news["subject"])

    def take(self, task_id: str) -> None:
        """Begin it, once."""
        if task_id not in self.running:
            self.running[task_id] = asyncio.create_task(self.render(task_id))

    async def render(self, task_id: str) -> None:
        """Frame by frame, each with a line in the task's log."""
        try:
            await self.report(task_id, "begun", status="running")
            for frame in range(1, FRAMES + 1):
                if task_id in self.cancelled:
                    await self.report(task_id, "cancelled", status="cancelled")
                    return
                await asyncio.sleep(self.frame_seconds)
                line = f"frame {frame} of {FRAMES}"
                percent = 100 * frame / FRAMES
                await self.report(
                    task_id, f"frame-{frame}", log=[line], percent=percent
                )
            await self.report(task_id, "done", status="completed")
        except RefusedError as error:
            # Cancelled or deleted meanwhile, or taken by another of us.
            print(f"{task_id}: {error}")

    async def report(self, task_id: str, step: str, **said: Any) -> None:
        """Say how far it is. Sent again with its messageId, it counts once."""
        body = {"taskId": task_id, "messageId": f"{task_id}/{step}", **said}
        await self.ask("waybill.command.report-task", body)

    async def submit(self, user: str, **inputs: str) -> str:
        """Register a task of our own, for a user; its id."""
        body = {"service": SERVICE, "userId": user, "inputs": inputs}
        reply = await self.ask("waybill.command.submit-task", body)
        return str(reply["task"]["taskId"])

    async def ask(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        """Request and reply. Raises RefusedError."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else None
        data = json.dumps(body).encode()
        answer = await self.nats.request(subject, data, timeout=10, headers=headers)
        reply: dict[str, Any] = json.loads(answer.data)
        if reply.get("problem"):
            raise RefusedError(reply["problem"]["code"])
        return reply


async def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nats", default="nats://127.0.0.1:4222")
    parser.add_argument("--key-file", type=argparse.FileType(), help="the operator's")
    parser.add_argument("--submit-for", metavar="USER", help="first, a task of our own")
    parser.add_argument("--frame-seconds", type=float, default=1.0)
    said = parser.parse_args()
    key = said.key_file.read().strip() if said.key_file else ""
    client = await nats.connect(said.nats, max_reconnect_attempts=-1)
    service = RenderService(client, key, said.frame_seconds)
    await service.listen()
    print("serving", flush=True)
    if said.submit_for:
        print(await service.submit(said.submit_for, scene="ours"), flush=True)
    while True:
        await service.look()
        await asyncio.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    asyncio.run(main())
