"""What follows when a data flow is to start."""

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import Answer, State
from domain.errors import FlowExistsError, InvalidAddressError, Side
from domain.location import Direction, Role
from tests.controls import (
    address,
    completed,
    destination,
    prepared,
    resumed,
    source,
    start,
    started,
    suspended,
    terminated,
    terms,
)
from tests.domain.spec import given

PULL = {"direction": Direction.PULL, "destination": None, "reply_address": address()}


def test_a_push_starts() -> None:
    given().when(start()).then(started())


def test_a_pull_starts_and_tells_where_its_data_is() -> None:
    given().when(start(**PULL)).then(started(**PULL))


def test_a_started_flow_is_a_providers() -> None:
    flow = given(started()).state
    assert (flow.state, flow.role) == (State.STARTED, Role.PROVIDER)
    assert (flow.source, flow.destination) == (source(), destination())
    assert (flow.terms, flow.options) == (terms(), started().options)


def test_a_push_moves_data_on_the_providers_plane_and_a_pull_does_not() -> None:
    assert given(started()).state.moves_data
    assert not given(started(**PULL)).state.moves_data


def test_the_same_message_again_is_ignored() -> None:
    given(started()).when(start()).then_nothing()


def test_the_same_message_is_ignored_when_the_flow_has_moved_on() -> None:
    given(started(), suspended()).when(start()).then_nothing()
    given(started(), suspended(), resumed()).when(start()).then_nothing()
    given(started(), terminated()).when(start()).then_nothing()


def test_the_same_message_gets_the_answer_that_it_got_before() -> None:
    flow = given(started(**PULL), suspended(), terminated()).state
    assert flow.answers["start", "m-start"] == Answer(State.STARTED, address())


@pytest.mark.parametrize(
    "events",
    [
        (prepared(),),
        (started(),),
        (started(), suspended()),
        (started(), completed()),
        (started(), terminated()),
    ],
)
def test_another_message_for_a_flow_that_exists_is_refused(
    events: tuple[DataFlowEvent, ...],
) -> None:
    given(*events).when(start(message_id="m-other")).then_raises(
        FlowExistsError, "used by another message"
    )


@pytest.mark.parametrize("missing", ["source", "destination"])
def test_a_push_without_one_of_its_sides_is_refused(missing: str) -> None:
    given().when(start(**{missing: None})).then_raises(
        InvalidAddressError, f"the {missing} is not named"
    )


@pytest.mark.parametrize("missing", ["source", "destination"])
def test_a_side_that_names_only_a_secret_is_not_named(missing: str) -> None:
    given().when(start(**{missing: source(fields={})})).then_raises(
        InvalidAddressError, f"the {missing} is not named"
    )


def test_a_missing_address_is_for_the_caller_to_give() -> None:
    with pytest.raises(InvalidAddressError) as refusal:
        given().when(start(destination=None)).decided()
    assert (refusal.value.code, refusal.value.side) == ("address.missing", Side.CALLER)
