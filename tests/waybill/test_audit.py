"""`waybill audit`: read models against the log, destinations against the ledger."""

import asyncio
import json
from collections.abc import Mapping

from typer.testing import CliRunner, Result

from domain.location import Location
from domain.segment.events import PackWork
from tests.projections.events import (
    objects,
    outcome,
    planned_object,
    segment_planned,
    started,
)
from tests.projections.story import Story
from tests.projections.test_rebuild import execute
from tests.services import BucketPair
from waybill.cli import app


async def run(environment: Mapping[str, str], *arguments: str) -> Result:
    runner = CliRunner(env=dict(environment))
    return await asyncio.to_thread(runner.invoke, app, ["audit", *arguments])


async def test_a_changed_row_is_named_and_the_exit_code_says_so(story: Story) -> None:
    await story.happened(started("a"), started("b"))
    await story.project()
    here = {"WAYBILL_DATABASE_URL": story.url}
    honest = await run(here, "replay")
    assert honest.exit_code == 0, honest.output
    assert "flow_status: 2 rows up to position 2, all as the log says" in honest.output
    await execute(
        story,
        b"UPDATE read_model.flow_status SET agreement_id = 'other'"
        b" WHERE data_flow_id = 'b'",
    )
    changed = await run(here, "replay", "flow_status", "outbox")
    assert changed.exit_code == 1
    said = "data_flow_id=b: agreement_id is 'other', by the log 'agreement-1'"
    assert changed.output.count("by the log") == 1
    assert said in changed.output
    assert (await run(here, "replay", "no_such")).exit_code == 2


NAMES = ("same", "shorter", "other", "gone")


async def copied(story: Story, pair: BucketPair) -> None:
    """A flow that says it has copied four objects, of which one is as it says."""
    there, etags = pair.destination, dict[str, str]()
    async with there.client() as s3:
        for name in NAMES[:-1]:
            body = b"x" * (5 if name == "shorter" else 10)
            put = await s3.put_object(
                Bucket=pair.destination_bucket, Key=f"out/{name}", Body=body
            )
            etags[name] = put["ETag"]
    etags["other"] = "0" * 32
    told = [
        outcome(each, size=10).model_copy(update={"etag": etags.get(each, "")})
        for each in NAMES
    ]
    work = PackWork(objects=tuple(planned_object(each, 10) for each in NAMES))
    fields: dict[str, str | bool | None] = {
        "bucket": pair.destination_bucket,
        "endpoint_url": there.endpoint,
    }
    destination = Location(mechanism="s3", fields=fields)
    await story.happened(
        started("a", destination=destination),
        segment_planned("s", work, "a"),
        objects("s", *told, flow="a"),
    )
    await story.project()


async def test_what_is_not_at_the_destination_is_named(
    story: Story, bucket_pair: BucketPair
) -> None:
    await copied(story, bucket_pair)
    here = {
        "WAYBILL_DATABASE_URL": story.url,
        "WAYBILL_DESTINATION_ACCESS_KEY_ID": bucket_pair.destination.access_key,
        "WAYBILL_DESTINATION_SECRET_ACCESS_KEY": bucket_pair.destination.secret_key,
    }
    looked = await run(here, "objects", "a", "--json")
    assert looked.exit_code == 1, looked.output
    lines = [json.loads(line) for line in looked.output.splitlines()]
    found = {each["key"]: (each["what"], each["detail"]) for each in lines}
    assert set(found) == {"out/shorter", "out/other", "out/gone"}
    assert found["out/gone"] == ("missing", "")
    assert found["out/shorter"][1].startswith("size: 5, in the ledger 10")
    assert found["out/other"][1].startswith("etag: ")
    both = await run(here, "replay", "outbox", "--objects", "2", "--flow", "a")
    assert "objects: " in both.output
    wrong = here | {"WAYBILL_DESTINATION_SECRET_ACCESS_KEY": "wrong"}
    refused = await run(wrong, "objects", "a", "--sample", "1")
    assert "is unknown: 403" in refused.output
    assert refused.exit_code == 1
    assert (await run(here, "objects", "none")).exit_code == 0
