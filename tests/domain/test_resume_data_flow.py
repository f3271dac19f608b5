"""What follows when a data flow is to be resumed."""

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import Answer, State
from domain.errors import IllegalTransitionError, UnknownFlowError
from tests.controls import (
    address,
    completed,
    destination,
    errored,
    prepared,
    resume,
    resumed,
    source,
    started,
    suspended,
    terminated,
)
from tests.domain.spec import given

OTHER = "m-other"


def test_a_suspended_flow_is_resumed() -> None:
    given(started(), suspended()).when(resume()).then(resumed())


def test_a_resumed_flow_keeps_its_locations() -> None:
    flow = given(started(), suspended(), resumed()).state
    assert (flow.source, flow.destination) == (source(), destination())


def test_a_flow_is_resumed_with_another_destination() -> None:
    new = destination(fields={"bucket": "spare"}, secret="flow-1/destination/2")
    given(started(), suspended()).when(resume(destination=new)).then(
        resumed(destination=new)
    )
    flow = given(started(), suspended(), resumed(destination=new)).state
    assert (flow.source, flow.destination) == (source(), new)


def test_another_address_without_a_secret_uses_the_one_given_before() -> None:
    new = destination(fields={"bucket": "spare"}, secret=None)
    flow = given(started(), suspended(), resumed(destination=new)).state
    assert flow.destination == destination(fields={"bucket": "spare"})


def test_a_resumed_flow_has_its_error_behind_it() -> None:
    assert given(started(), errored(), suspended()).state.error == "storage.denied"
    assert given(started(), errored(), suspended(), resumed()).state.error is None


def test_the_same_message_again_is_ignored() -> None:
    given(started(), suspended(), resumed()).when(resume()).then_nothing()


def test_the_same_message_is_ignored_when_the_flow_has_moved_on() -> None:
    events = started(), suspended(), resumed()
    given(*events, suspended(message_id=OTHER)).when(resume()).then_nothing()
    given(*events, completed()).when(resume()).then_nothing()


def test_the_same_message_gets_the_answer_that_it_got_before() -> None:
    first = started(reply_address=address())
    flow = given(first, suspended(), resumed(), completed()).state
    assert flow.answers["m-resume"] == Answer(State.STARTED, address())


def test_a_started_flow_ignores_a_resumption() -> None:
    given(started()).when(resume()).then_nothing()
    given(started(), suspended(), resumed()).when(
        resume(message_id=OTHER)
    ).then_nothing()


def test_an_unknown_flow_is_refused() -> None:
    given().when(resume()).then_raises(UnknownFlowError, "no data flow")


@pytest.mark.parametrize(
    "events",
    [(prepared(),), (started(), completed()), (started(), terminated())],
)
def test_a_flow_that_is_not_suspended_is_refused(
    events: tuple[DataFlowEvent, ...],
) -> None:
    given(*events).when(resume(message_id=OTHER)).then_raises(
        IllegalTransitionError, "cannot be resumed"
    )
