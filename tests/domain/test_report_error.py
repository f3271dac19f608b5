"""What follows when the plane finds what it cannot recover from."""

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import State
from domain.errors import UnknownFlowError
from tests.controls import (
    completed,
    errored,
    prepared,
    report_error,
    resumed,
    start_confirmed,
    started,
    suspended,
    terminated,
)
from tests.domain.spec import given

CHANGED = {"code": "storage.source-changed", "detail": "2026/a.parquet"}


@pytest.mark.parametrize(
    "events",
    [
        (prepared(),),
        (prepared(), start_confirmed()),
        (started(),),
        (started(), suspended()),
    ],
)
def test_an_error_is_told_in_every_state_that_is_not_final(
    events: tuple[DataFlowEvent, ...],
) -> None:
    given(*events).when(report_error()).then(errored())


def test_an_error_leaves_the_state_as_it_was() -> None:
    flow = given(started(), errored()).state
    assert (flow.state, flow.error) == (State.STARTED, "storage.denied")


def test_another_error_is_told_too() -> None:
    given(started(), errored()).when(report_error(**CHANGED)).then(errored(**CHANGED))


def test_the_same_error_again_is_ignored() -> None:
    given(started(), errored()).when(report_error()).then_nothing()


def test_the_same_error_is_told_again_after_a_resumption() -> None:
    given(started(), errored(), suspended(), resumed()).when(report_error()).then(
        errored()
    )


@pytest.mark.parametrize("last", [completed(), terminated()])
def test_an_error_of_a_final_flow_is_ignored(last: DataFlowEvent) -> None:
    given(started(), last).when(report_error()).then_nothing()


def test_an_unknown_flow_is_refused() -> None:
    given().when(report_error()).then_raises(UnknownFlowError, "no data flow")


def test_what_a_resumption_has_mended_meanwhile_is_no_error() -> None:
    mended = given(started(), errored(), resumed())
    mended.when(report_error(resumes=0)).then_nothing()
    mended.when(report_error(resumes=1)).then(errored())
