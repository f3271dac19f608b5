"""A prepare or a start that takes its time."""

import pytest

from domain.data_flow import INITIAL, State, evolve
from domain.data_flow.events import DataFlowEvent
from domain.data_flow.state import Answer
from domain.errors import IllegalTransitionError
from domain.location import CopyOptions
from tests.controls import (
    confirm,
    finish,
    made_ready,
    prepare,
    prepared,
    preparing,
    ready,
    start,
    started,
    starting,
    suspend,
    suspended,
    terminate,
    terminated,
)
from tests.domain.spec import given


def test_a_prepare_that_takes_time_is_answered_preparing() -> None:
    given().when(prepare(asynchronous=True)).then(preparing())


def test_a_start_that_takes_time_is_answered_starting() -> None:
    given().when(start(asynchronous=True)).then(starting())


@pytest.mark.parametrize(
    ("begun", "after"),
    [(preparing(), State.PREPARED), (starting(), State.STARTED)],
)
def test_ready_ends_what_was_begun(begun: DataFlowEvent, after: State) -> None:
    given(begun).when(ready()).then(made_ready())
    assert evolve(evolve(INITIAL, begun), made_ready()).state is after


@pytest.mark.parametrize(
    "events",
    [
        (prepared(),),
        (started(),),
        (started(), suspended()),
        (preparing(), made_ready()),
        (preparing(), terminated()),
        (starting(), terminated()),
    ],
)
def test_ready_comes_too_late(events: tuple[DataFlowEvent, ...]) -> None:
    given(*events).when(ready()).then_nothing()


def test_the_address_is_told_when_it_is_ready_not_before() -> None:
    flow = evolve(INITIAL, preparing(reply_address={"endpointType": "AmazonS3"}))
    answers = dict(flow.answers)
    assert list(answers.values()) == [Answer(State.PREPARING)]
    assert evolve(flow, made_ready()).reply_address == {"endpointType": "AmazonS3"}


@pytest.mark.parametrize("begun", [preparing(), starting()])
def test_nothing_but_the_end_comes_before_ready(begun: DataFlowEvent) -> None:
    given(begun).when(suspend()).then_raises(IllegalTransitionError, "ING cannot")
    given(begun).when(confirm()).then_raises(IllegalTransitionError, "ING cannot")
    given(begun).when(terminate()).then(terminated())


def test_a_flow_without_an_end_is_not_completed_by_the_plane() -> None:
    endless = started(options=CopyOptions(finite=False))
    given(endless).when(finish()).then_nothing()
