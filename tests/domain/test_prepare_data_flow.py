"""What follows when a data flow is to be prepared."""

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import Answer, State
from domain.errors import FlowExistsError
from domain.location import Direction, Role
from tests.controls import (
    address,
    completed,
    destination,
    prepare,
    prepared,
    start,
    start_confirmed,
    started,
    suspended,
    terminated,
)
from tests.domain.spec import given


def test_a_new_flow_is_prepared() -> None:
    given().when(prepare()).then(prepared())


def test_a_flow_is_prepared_for_a_push_with_the_address_to_send_to() -> None:
    push = {"direction": Direction.PUSH, "reply_address": address()}
    given().when(prepare(**push)).then(prepared(**push))


def test_a_prepared_flow_is_a_consumers() -> None:
    flow = given(prepared()).state
    assert (flow.state, flow.role) == (State.PREPARED, Role.CONSUMER)
    assert flow.destination == destination()


def test_a_pull_moves_data_on_the_consumers_plane_and_a_push_does_not() -> None:
    assert given(prepared(direction=Direction.PULL)).state.moves_data
    assert not given(prepared(direction=Direction.PUSH)).state.moves_data


def test_the_same_message_again_is_ignored() -> None:
    given(prepared()).when(prepare()).then_nothing()


def test_the_same_message_is_ignored_when_the_flow_has_moved_on() -> None:
    given(prepared(), start_confirmed(), completed()).when(prepare()).then_nothing()


def test_the_same_message_gets_the_answer_that_it_got_before() -> None:
    flow = given(prepared(reply_address=address()), start_confirmed()).state
    assert flow.answers["prepare", "m-prepare"] == Answer(State.PREPARED, address())


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
    given(*events).when(prepare(message_id="m-other")).then_raises(
        FlowExistsError, "used by another message"
    )


def test_a_start_with_the_id_of_the_preparation_is_refused() -> None:
    given(prepared()).when(start(message_id="m-prepare")).then_raises(
        FlowExistsError, "used by another message"
    )


def test_a_message_without_an_id_is_refused_the_second_time() -> None:
    given(prepared(message_id=None)).when(prepare(message_id=None)).then_raises(
        FlowExistsError, "used by another message"
    )
