"""What each data flow is, and what state it is in."""

from datetime import timedelta

from domain.location import Location
from projections import queries
from projections.history import history
from tests.projections.events import (
    NOON,
    cause,
    completed,
    confirmed,
    errored,
    prepared,
    resumed,
    started,
    suspended,
    terminated,
    terms,
)
from tests.projections.story import Story


async def test_a_started_flow_shows_who_agreed_what(story: Story) -> None:
    await story.happened(started())
    await story.project()
    row = await story.row("flow_status")
    assert row["role"], row["direction"] == ("provider", "push")
    assert row["state"] == "STARTED"
    assert row["agreement_id"] == "agreement-1"
    assert row["counter_party_id"] == "did:web:consumer"
    assert row["created_at"] == NOON
    assert row["version"] == row["position"] == row["created_position"] == 1


async def test_no_row_holds_a_secret_or_where_it_is_kept(story: Story) -> None:
    await story.happened(started())
    await story.project()
    row = await story.row("flow_status")
    assert row["source"] == {
        "mechanism": "s3",
        "fields": {"bucket": "lake", "region": None},
    }


async def test_every_transition_changes_the_state(story: Story) -> None:
    states = []
    for event in (prepared(), confirmed(), suspended(), resumed(), completed()):
        await story.happened(event)
        await story.project()
        states.append((await story.row("flow_status"))["state"])
    assert states == ["PREPARED", "STARTED", "SUSPENDED", "STARTED", "COMPLETED"]
    assert (await story.row("flow_status"))["role"] == "consumer"


async def test_an_error_leaves_the_state_and_a_resume_forgets_it(story: Story) -> None:
    await story.happened(started(), errored())
    await story.project()
    row = await story.row("flow_status")
    assert (row["state"], row["error_code"]) == ("STARTED", "storage.denied")
    assert row["error_detail"] == "no permission"
    await story.happened(suspended(), resumed())
    await story.project()
    row = await story.row("flow_status")
    assert (row["error_code"], row["error_detail"]) == (None, None)


async def test_a_resume_may_bring_another_source_or_keep_it(story: Story) -> None:
    other = Location(mechanism="s3", fields={"bucket": "elsewhere"}, secret="x")
    await story.happened(started(), suspended(), resumed())
    await story.project()
    assert (await story.row("flow_status"))["source"]["fields"]["bucket"] == "lake"
    await story.happened(suspended(), resumed(source=other))
    await story.project()
    assert (await story.row("flow_status"))["source"]["fields"] == other.fields


async def test_times_are_those_of_the_events(story: Story) -> None:
    later = NOON + timedelta(hours=1)
    await story.happened(started())
    await story.happened(terminated(), why=cause(occurred_at=later))
    await story.project()
    row = await story.row("flow_status")
    assert (row["created_at"], row["updated_at"]) == (NOON, later)


async def test_an_id_of_any_length_does_not_stop_the_projections(story: Story) -> None:
    noise = "".join(chr(33 + n * n % 89) + chr(0x100 + n) for n in range(4000))
    strange = terms(counter_party_id=noise)
    for flow in (noise, noise + "x"):
        await story.happened(started(flow, terms=strange), errored(flow))
        await story.project()
    rows = await story.rows("flow_status")
    assert len({row["data_flow_id"] for row in rows}) == 2
    async with story.log.pool.connection() as connection:
        found = await queries.flow(connection, noise)
        assert found is not None
        assert found.created_at == NOON
        assert await history(connection, noise) is not None


async def test_a_nul_character_in_a_message_does_not_stop_the_projections(
    story: Story,
) -> None:
    flow = 'odd \x00 "id" \\u0000 ü'
    strange = terms(participant_id="did:\x00", labels=("a\x00",))
    await story.happened(started(flow, terms=strange), suspended(flow), resumed(flow))
    await story.project()
    row = await story.row("flow_status")
    assert row["data_flow_id"] == 'odd \ufffd "id" \\u0000 ü'
    assert (row["participant_id"], row["state"]) == ("did:\ufffd", "STARTED")
