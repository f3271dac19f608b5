"""A flow at any moment of its past is what its events say, up to there."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from domain.errors import InvalidMessageError, UnknownFlowError
from domain.location import PlanMode
from projections.history import stored_events
from projections.history_lines import Stored, line_of
from projections.outlook import outlook
from projections.past.diff import differences
from projections.past.fold import Past
from projections.past.shown import state_of
from projections.past.walk import Stop, Walk
from projections.past.when import When, parse
from projections.views import Flow
from tests.projections import past_oracle
from tests.projections.lives import interleaved
from tests.projections.long_life import FLOW, NOON, stored
from tests.projections.story import Story

# Told of the last seconds: `tests/projections/test_forecast.py`.
_PROGRESS = "transfer_progress"
_FORETOLD = ("bytesPerSecond", "objectsPerSecond", "timeLeft")
LIFE = stored()


def shown(past: Past) -> dict[str, Any]:
    state = state_of(past)
    assert state is not None
    found: dict[str, Any] = json.loads(state.model_dump_json())
    for name in _FORETOLD:
        del found["progress"][name]
    return found


def walked(*moments: When | None) -> list[Stop]:
    walk = Walk(FLOW, moments)
    for start in range(0, len(LIFE), 100):
        if not walk.add(LIFE[start : start + 100]):
            break
    return walk.stops()


@pytest.mark.parametrize("plan", [PlanMode.RUN, PlanMode.APPROVE])
def test_at_every_position_it_is_what_the_oracle_counts(plan: PlanMode) -> None:
    life = stored(plan=plan)
    assert len(life) > 1000
    lines = [json.loads(line_of(each).model_dump_json()) for each in life]
    past = Past(FLOW)
    # Of the second life only so often: counting anew costs the square of the length.
    every = 1 if plan is PlanMode.RUN else 23
    for index, each in enumerate(life):
        past.add(each.recorded())
        if index % every == 0 or index == len(life) - 1:
            expected = past_oracle.state_of(lines[: index + 1])
            assert shown(past) == expected, each.position


def test_a_position_between_two_events_is_as_the_one_before() -> None:
    hole = next(a.position + 1 for a, b in pairwise(LIFE) if b[0] > a[0] + 1)
    (stop,) = walked(hole)
    assert stop.state.position == hole - 1
    (end,) = walked(10**9)
    assert end.state == walked(None)[0].state
    assert end.state.final


def test_a_time_is_that_of_recording() -> None:
    (stop,) = walked(NOON + timedelta(seconds=500))
    assert stop.state.position == LIFE[500].position
    (before,) = walked(NOON + timedelta(seconds=499, microseconds=999_999))
    assert before.state.position == LIFE[499].position


def test_before_its_first_event_there_was_no_flow() -> None:
    for moment in (LIFE[0].position - 1, NOON - timedelta(seconds=1)):
        with pytest.raises(UnknownFlowError):
            walked(moment)


def test_two_moments_differ_in_what_happened_between_them() -> None:
    first, last = LIFE[300].position, LIFE[330].position
    before, after = walked(first, last)
    found = differences(before.state, after.state, after.topics - before.topics)
    assert sum(found.events.values()) == 30
    assert (found.before_position, found.after_position) == (first, last)
    assert found.seconds == 30
    changes = {each.path: (each.before, each.after) for each in found.changes}
    was, is_ = before.state.progress, after.state.progress
    assert was
    assert is_
    copied = changes["progress.partsCopied"]
    assert copied == (was.parts_copied, is_.parts_copied)
    assert not any(path.endswith("updatedAt") for path in changes)
    taken = {each.segment: each for each in after.state.leases}
    for name in taken.keys() - {each.segment for each in before.state.leases}:
        was_not, lease = changes[f"leases[{name}]"]
        assert was_not is None
        assert lease["worker"] == taken[name].worker
    same = differences(before.state, before.state, {})
    assert (same.changes, same.events) == ((), {})


def test_moments_must_be_in_order() -> None:
    with pytest.raises(InvalidMessageError):
        walked(LIFE[400].position, LIFE[300].position)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("42", 42),
        ("2026-11-20T12:00:00Z", NOON),
        ("2026-11-20T12:00", NOON),
        ("2026-11-20 12:00", NOON),
        ("2026-11-20T13:00:00+01:00", NOON),
        ("2026-11-20T13:00:00 01:00", NOON),
    ],
)
def test_moments_are_positions_or_times(text: str, moment: When) -> None:
    assert parse(text, "asOf") == moment


@pytest.mark.parametrize("text", ["", "yesterday", "-1", "1e3", "9" * 19])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(InvalidMessageError, match="asOf"):
        parse(text, "asOf")


def test_no_reference_to_a_secret_is_shown() -> None:
    (stop,) = walked(None)
    assert "flow-1/source/1" not in stop.state.model_dump_json()


def test_a_reader_may_be_given_the_whole_log_again() -> None:
    """As an archive keeps it: position, stream, version, topic and state, no more."""
    again = [Stored(*json_safe(each)) for each in LIFE]
    past, other = Past(FLOW), Past(FLOW)
    for one, two in zip(LIFE, again, strict=True):
        past.add(one.recorded())
        other.add(two.recorded())
    assert shown(past) == shown(other)


async def test_the_read_models_hold_the_same(story: Story) -> None:
    """Of flows of all fates, the rows are what the fold of each one comes to."""
    events = list(interleaved(8))
    for start in range(0, len(events), 100):
        await story.happened(*events[start : start + 100])
    await story.project()
    progress = {row["data_flow_id"]: row for row in await story.rows(_PROGRESS)}
    status = {row["data_flow_id"]: row for row in await story.rows("flow_status")}
    assert len(progress) == len(status) == 8
    for flow, row in status.items():
        async with story.log.pool.connection() as connection:
            found = await stored_events(connection, flow, limit=1000)
        assert found is not None
        past = Past(flow)
        for each in found:
            past.add(each.recorded())
        state = state_of(past)
        assert state is not None
        assert state.flow == Flow.model_validate(row)
        assert state.progress == outlook(progress[flow], state.at)


def json_safe(each: Stored) -> tuple[Any, ...]:
    text = json.dumps([each.position, each.version, each.topic, each.state.decode()])
    position, version, topic, state = json.loads(text)
    return position, each.stream, version, topic, state.encode()
