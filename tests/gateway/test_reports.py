"""What became of each object: by HTTP and by NATS, in every format."""

import csv
import io
import json
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import nats
import pytest
from pyarrow import parquet

from domain import names
from domain.location import Location
from domain.message import Event
from domain.transfer.manifest import Format, Manifest, Position, read
from tests.gateway.serving import serving, settings, until_ready
from tests.gateway.test_refusals import assert_problem
from tests.projections.events import (
    FLOW,
    leased,
    objects,
    outcome,
    pack_work,
    page,
    segment_planned,
    started,
)
from tests.projections.story import Story
from waybill.embedded import EmbeddedNats

REPORT = f"/management/dataflows/{FLOW}/report"
# What a spreadsheet, a shell or a careless writer would take for something else.
ODD = [
    "=1+1",
    "+a",
    "-a",
    "@a",
    'say "hi", twice',
    "line\nbreak",
    "ta\tb",
    "ünï/☃",
    " s ",
]
# Every third fails.
FAILED = range(2, len(ODD), 3)
WANTED = {
    "all": range(len(ODD)),
    "failed": FAILED,
    "copied": sorted({*range(len(ODD))} - {*FAILED}),
    "skipped": range(0),
}
DESTINATION = Location(mechanism="s3", fields={"bucket": "partner", "prefix": "out/"})


def lives(keys: list[str]) -> list[Event]:
    """One pack in which every third object failed."""
    told = [
        outcome(key, "storage.denied" if n % 3 == 2 else None)
        for n, key in enumerate(keys)
    ]
    return [
        started(destination=DESTINATION),
        page(skipped={"excluded": 4}),
        segment_planned("0-k0", pack_work(*keys)),
        leased("0-k0"),
        leased("0-k0", epoch=2),
        objects("0-k0", *told),
    ]


async def test_a_page_says_what_it_adds_up_to_and_how_far_behind_it_is(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(*lives(["a", "b", "c", "d"]))
    await story.project()
    await story.happened(started("other"))
    body = (await reader.get(REPORT, params={"limit": 3})).json()
    assert [line["key"] for line in body["objects"]] == ["in/a", "in/b", "in/c"]
    assert body["lag"]["positions"] == 1
    summary = body["summary"]
    assert (summary["copied"], summary["failed"]) == (3, 1)
    assert (summary["skipped"], summary["verdicts"]) == (
        {"excluded": 4},
        {"verified": 3},
    )
    line = body["objects"][2]
    assert (line["outcome"], line["errorCode"]) == ("failed", "storage.denied")
    assert (line["destinationKey"], line["destination"]) == ("c", "out/c")
    assert (line["attempts"], line["worker"], line["segment"]) == (2, "test", "0-k0")
    rest = await reader.get(REPORT, params={"limit": 3, "after": body["next"]})
    assert [line["key"] for line in rest.json()["objects"]] == ["in/d"]
    assert rest.json()["next"] is None


@pytest.mark.parametrize("format_", ["csv", "jsonl", "parquet"])
async def test_every_format_tells_the_same_of_every_key(
    reader: httpx.AsyncClient, story: Story, format_: str
) -> None:
    await story.happened(*lives(ODD))
    await story.project()
    for outcome_, numbers in WANTED.items():
        asked = {"format": format_, "outcome": outcome_}
        answer = await reader.get(REPORT, params=asked)
        assert int(answer.headers["Waybill-Report-Position"]) > 0
        assert answer.headers["Waybill-Lag-Positions"] == "0"
        page_ = (await reader.get(REPORT, params={"outcome": outcome_})).json()
        lines = page_["objects"]
        found = rows_of(format_, answer.content)
        for name in ("key", "outcome", "destination", "worker"):
            assert [row[name] for row in found] == [line[name] for line in lines]
        assert [int(row["size"]) for row in found] == [line["size"] for line in lines]
        assert [row["key"] for row in found] == [f"in/{ODD[n]}" for n in numbers]


def rows_of(format_: str, content: bytes) -> list[dict[str, Any]]:
    match format_:
        case "csv":
            text = io.StringIO(content.decode(), newline="")
            return list(csv.DictReader(text, strict=True))
        case "jsonl":
            return [json.loads(line) for line in content.split(b"\n")[:-1]]
        case _:
            table = parquet.read_table(io.BytesIO(content))
            rows: list[dict[str, Any]] = table.to_pylist()
            return rows


@pytest.mark.parametrize("format_", [Format.CSV, Format.JSONL])
async def test_a_report_of_failures_is_a_manifest(
    reader: httpx.AsyncClient, story: Story, format_: Format
) -> None:
    await story.happened(*lives(ODD))
    await story.project()
    asked = {"format": format_.value, "outcome": "failed"}
    content = (await reader.get(REPORT, params=asked)).content
    at, named = Position(size_bytes=len(content)), []
    while not at.at_the_end:
        rows, at = read(
            content[at.offset_bytes :],
            at,
            Manifest(key="m", format=format_),
            "lake",
            1,
        )
        named += [(row.key, row.destination, row.etag) for row in rows]
    assert named == [(f"in/{key}", key, "etag") for key in ODD[2::3]]


async def test_a_long_report_comes_in_pages_and_is_whole(
    reader: httpx.AsyncClient, story: Story
) -> None:
    keys = [f"{n:05}" for n in range(5000)]
    await story.happened(*lives(keys))
    await story.project()
    for format_ in ("csv", "parquet"):
        answer = await reader.get(REPORT, params={"format": format_})
        found = [row["key"] for row in rows_of(format_, answer.content)]
        assert found == [f"in/{key}" for key in keys]


async def test_without_pyarrow_parquet_is_refused_with_a_code(
    reader: httpx.AsyncClient, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story.happened(started())
    await story.project()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    answer = await reader.get(REPORT, params={"format": "parquet"})
    assert_problem(answer, 501, "report.no-parquet")


async def test_what_is_asked_wrongly_is_refused(client: httpx.AsyncClient) -> None:
    wrong = ({"format": "xls"}, {"outcome": "lost"}, {"after": "x"}, {"limit": "0"})
    for query in wrong:
        answer = await client.get(REPORT, params=query)
        assert_problem(answer, 400, "message.invalid")
    assert_problem(await client.get(REPORT), 404, "flow.unknown")


# By NATS


async def asked(nats_url: str, verb: str, **body: Any) -> dict[str, Any]:
    broker = await nats.connect(nats_url)
    headers = body.pop("headers", None)
    try:
        answer = await broker.request(
            names.query_subject(verb), json.dumps(body).encode(), 10, headers=headers
        )
        found: dict[str, Any] = json.loads(answer.data)
        return found
    finally:
        await broker.close()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give a broker that no other test's gateway hears: any of them may answer."""
    with EmbeddedNats(tmp_path_factory.mktemp("nats")) as server:
        yield server.url


@pytest.fixture
async def heard(story: Story, broker: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a gateway that reads the story, and hears this bus."""
    chosen = settings(database_url=story.url, nats_url=broker)
    async with serving(chosen) as client:
        await until_ready(client)
        yield client


async def test_the_bus_gives_the_same_pages_as_far_as_they_fit(
    heard: httpx.AsyncClient, story: Story, broker: str
) -> None:
    # Of 1,000 such lines the broker would not take the answer.
    keys = [f"{n:04}{'k' * 900}" for n in range(1000)]
    await story.happened(*lives(keys))
    await story.project()
    found, after = list[str](), None
    while True:
        question = {"dataFlowId": FLOW, "limit": 1000, "after": after}
        report = (await asked(broker, "report", **question))["report"]
        found += [line["key"] for line in report["objects"]]
        after = report["next"]
        if after is None:
            break
    assert found == [f"in/{key}" for key in keys]
    progress = (await asked(broker, "progress", dataFlowId=FLOW))["progress"]
    by_http = await heard.get(f"/management/dataflows/{FLOW}/progress")
    assert progress == by_http.json()
    assert progress["progress"]["listingComplete"] is False


async def test_the_bus_refuses_what_is_wrong(
    heard: httpx.AsyncClient, broker: str
) -> None:
    assert heard.base_url.host
    for verb, body, code in (
        ("report", {"dataFlowId": "none"}, "flow.unknown"),
        ("report", {"dataFlowId": FLOW, "outcome": "lost"}, "message.invalid"),
        ("progress", {}, "message.invalid"),
        ("weather", {"dataFlowId": FLOW}, "message.invalid"),
    ):
        assert (await asked(broker, verb, **body))["problem"]["code"] == code


async def test_the_bus_answers_operators_alone(
    story: Story, broker: str, tmp_path: Any
) -> None:
    await story.happened(started())
    await story.project()
    key = tmp_path / "operator.key"
    key.write_text("open sesame")
    chosen = settings(
        database_url=story.url,
        nats_url=broker,
        authorization="required",
        operator_key_file=key,
    )
    async with serving(chosen) as client:
        await until_ready(client)
        refused = await asked(broker, "report", dataFlowId=FLOW)
        assert refused["problem"]["code"] == "access.token-missing"
        let_in = {"Authorization": "Bearer open sesame"}
        answer = await asked(broker, "report", dataFlowId=FLOW, headers=let_in)
        assert answer["report"]["objects"] == []
