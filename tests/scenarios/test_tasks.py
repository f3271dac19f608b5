"""Tasks on a whole plane, as docs/tasks.md tells a user to have them."""

import asyncio
import json
import os
import re
import shlex
import sys
from typing import Any

from typer.testing import CliRunner

from domain import names
from domain.data_flow import State
from tests.scenarios import storage
from tests.scenarios.plane import ROOT, Plane
from tests.services import BucketPair, S3Endpoint
from waybill.cli import app

DOCS = (ROOT / "docs" / "tasks.md").read_text("utf-8")
EXAMPLE = "examples.external_status_service.render_service"


def blocks(language: str) -> list[str]:
    """The page's examples in a language."""
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    assert found
    return found


def keys(side: str, endpoint: S3Endpoint) -> dict[str, str]:
    """What `waybill copy` reads of the environment, of one side."""
    own = {
        "ENDPOINT_URL": endpoint.endpoint,
        "ACCESS_KEY_ID": endpoint.access_key,
        "SECRET_ACCESS_KEY": endpoint.secret_key,
        "REGION": endpoint.region,
    }
    return {f"WAYBILL_{side}_{name}": value for name, value in own.items()}


def terminal(plane: Plane, pair: BucketPair) -> dict[str, str]:
    """The environment of somebody who reads the page."""
    return {
        **keys("SOURCE", pair.source),
        **keys("DESTINATION", pair.destination),
        "WAYBILL_API_BASE": plane.api_base,
        "SOURCE": f"s3://{pair.source_bucket}/in/",
        "DESTINATION": f"s3://{pair.destination_bucket}/out/",
        "OPERATOR": "anybody",
    }


async def command(environment: dict[str, str], line: str) -> tuple[int, str]:
    """A line of the page, as one types it: its exit code, and what it prints."""
    for name, value in environment.items():
        line = re.sub(rf"\${name}\b", value, line)
    words = shlex.split(line)
    assert words[0] == "waybill"
    runner = CliRunner(env=environment)
    done = await asyncio.to_thread(runner.invoke, app, words[1:])
    return done.exit_code, done.output


async def ran(environment: dict[str, str], *program: str) -> str:
    """What a program prints; it must not fail."""
    process = await asyncio.create_subprocess_exec(
        *program,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    return output


async def is_heard(plane: Plane) -> None:
    """Wait until somebody answers for tasks."""
    assert (await plane.http("GET", "/api/v1/admin/tasks/none")).status_code == 404


async def test_the_page_is_true(plane: Plane, bucket_pair: BucketPair) -> None:
    sent = await storage.seed(bucket_pair, {"in/a.csv": 100, "in/b.csv": 200})
    plane.start("commands", "dispatcher", "worker", "projections", "gateway")
    await is_heard(plane)
    here = terminal(plane, bucket_pair)
    (lines,) = blocks("console")
    submit, *others = lines.splitlines()
    code, said = await command(here, submit)
    assert code == 0, said
    assert "+00:00,Completed: 2 objects, 300 bytes" in said
    here["TASK"] = re.search(r"task (\S+)", said)[1]  # type: ignore[index]
    arrived = await storage.arrived(bucket_pair)
    assert arrived == {k.replace("in/", "out/"): v for k, v in sent.items()}

    async def listed() -> bool:
        return "completed" in (await command(here, others[0]))[1]

    await plane.until("the list to show it", listed)
    for line in others:
        code, said = await command(here, line)
        assert code == 0, f"{line}: {said}"
    code, said = await command(here, f"waybill tasks status {here['TASK']}")
    assert (code, "task.unknown" in said) == (1, True)
    for script in blocks("bash"):
        await ran(here, "bash", "-euo", "pipefail", "-c", script)
    for script in blocks("python"):
        await ran(here, sys.executable, "-c", script)


async def test_what_fails_or_is_cancelled_leaves_nothing(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    await storage.seed(bucket_pair, {"in/a.csv": 100})
    plane.start("commands", "dispatcher", "gateway")
    here = terminal(plane, bucket_pair)
    await is_heard(plane)
    submit = blocks("console")[0].splitlines()[0].replace("--wait", "--json")
    code, said = await command(here, submit)
    assert code == 0, said
    told: dict[str, Any] = json.loads(said)
    # Killed as soon as it has answered: whatever it had still to do, it does later.
    plane.kill("commands")
    plane.start("commands")
    task, user = told["taskId"], "user_id=alice"
    where = f"/api/v1/services/sync/tasks/{task}"
    cancelled = await plane.http("POST", f"{where}/cancel?{user}")
    assert cancelled.json()["status"] == "cancelled"
    await plane.reaches(task, State.TERMINATED)
    wrong = submit.replace("$SOURCE", "s3://no-such-bucket/")
    code, said = await command(here, wrong)
    assert code == 0, said
    code, said = await command(
        here, f"waybill tasks watch {json.loads(said)['taskId']}"
    )
    assert code == 1
    assert "failed" in said
    await plane.cleaned_up()


async def test_a_service_elsewhere_carries_its_tasks_out(plane: Plane) -> None:
    plane.environment["WAYBILL_TASK_SERVICES"] = "render"
    plane.start("commands", "projections", "gateway")
    await is_heard(plane)
    # Before there is anybody to hear of it: it waits.
    code, said = await command(
        {"WAYBILL_API_BASE": plane.api_base},
        "waybill tasks submit --service render --user alice --param scene=a --json",
    )
    assert code == 0, said
    waiting = json.loads(said)["taskId"]
    path = "/api/v1/admin/services/render/tasks"

    async def lists(status: str, count: int) -> bool:
        found = (await plane.http("GET", f"{path}?status={status}")).json()
        return len(found["tasks"]) == count

    await plane.until("it to be listed", lambda: lists("submitted", 1))
    url = plane.environment["WAYBILL_NATS_URL"]
    plane.run(
        *("render", EXAMPLE, "--nats", url),
        *("--submit-for", "bob", "--frame-seconds", "0.01"),
    )
    await plane.until("both to be done", lambda: lists("completed", 2))
    told = (await plane.http("GET", f"/api/v1/admin/tasks/{waiting}")).json()
    lines = [each.partition(",")[2] for each in told["log"]]
    assert lines == [
        "Submitted to render by alice",
        "Running",
        *(f"frame {n} of 4" for n in range(1, 5)),
        "Completed",
    ]
    assert told["percent"] == 100
    code, said = await command(
        {"WAYBILL_API_BASE": plane.api_base},
        "waybill tasks submit --service render --user carol --wait --json",
    )
    assert (code, json.loads(said)["status"]) == (0, "completed"), said
    reply = await plane.client.request(
        names.command_subject(names.REPORT_TASK),
        json.dumps({"taskId": waiting, "log": ["late"]}).encode(),
        timeout=10,
    )
    assert json.loads(reply.data)["problem"]["code"] == "task.illegal-transition"
