"""What follows when a plan is approved."""

import pytest

from domain.data_flow import DataFlowEvent, decide
from domain.data_flow.state import Answer, State
from domain.errors import DataPlaneError, IllegalTransitionError, UnknownFlowError
from domain.location import CopyOptions, PlanMode
from tests.controls import (
    approve,
    approved,
    completed,
    resumed,
    signal_ignored,
    started,
    suspended,
)
from tests.domain.spec import given

WAITS = started(options=CopyOptions(plan=PlanMode.APPROVE))


def test_a_plan_that_waits_is_approved_with_its_totals() -> None:
    given(WAITS).when(approve(objects=7, size_bytes=9)).then(
        approved(objects=7, size_bytes=9)
    )


def test_it_is_held_until_then() -> None:
    assert given(WAITS).state.held
    flow = given(WAITS, approved()).state
    assert not flow.held
    assert flow.state is State.STARTED
    assert flow.answers["approve", "m-approve"] == Answer(State.STARTED)


def test_an_approval_outlives_a_suspension() -> None:
    assert not given(WAITS, approved(), suspended(), resumed()).state.held


def test_a_second_approval_is_recorded_and_changes_nothing() -> None:
    ignored = signal_ignored(message_id="m-2", verb="approve")
    given(WAITS, approved()).when(approve(message_id="m-2")).then(ignored)
    given(WAITS, approved(), completed()).when(approve(message_id="m-2")).then(ignored)


def test_the_same_message_again_is_ignored() -> None:
    given(WAITS, approved()).when(approve()).then_nothing()


def test_a_plan_that_is_not_complete_is_not_approved() -> None:
    with pytest.raises(DataPlaneError) as refusal:
        decide(approve(planned=False), given(WAITS).state)
    assert refusal.value.code == "flow.not-planned"


@pytest.mark.parametrize(
    "events",
    [
        (started(),),
        (started(options=CopyOptions(plan=PlanMode.ONLY)),),
        (WAITS, suspended()),
        (WAITS, completed()),
    ],
)
def test_what_does_not_wait_is_not_approved(events: tuple[DataFlowEvent, ...]) -> None:
    given(*events).when(approve()).then_raises(
        IllegalTransitionError, "cannot be approved"
    )


def test_an_unknown_flow_is_refused() -> None:
    given().when(approve()).then_raises(UnknownFlowError, "no data flow")
