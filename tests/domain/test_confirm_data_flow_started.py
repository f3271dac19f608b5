"""What follows when a consumer hears that its data flow has started."""

from dataclasses import replace

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import Answer, State
from domain.errors import (
    IllegalTransitionError,
    InvalidAddressError,
    UnknownFlowError,
)
from domain.location import Direction
from tests.controls import (
    completed,
    confirm,
    prepared,
    resumed,
    signal_ignored,
    source,
    start_confirmed,
    started,
    suspended,
    terminated,
)
from tests.domain.spec import given

OTHER = "m-other"
IGNORED = signal_ignored(message_id=OTHER, verb="started")


def test_a_prepared_pull_starts_with_the_source_that_it_is_told() -> None:
    given(prepared()).when(confirm()).then(start_confirmed())
    assert given(prepared(), start_confirmed()).state.source == source()


def test_a_prepared_pull_that_knows_its_source_starts_without_an_address() -> None:
    known = prepared(source=source())
    given(known).when(confirm(source=None)).then(start_confirmed(source=None))
    assert given(known, start_confirmed(source=None)).state.source == source()


def test_a_source_that_is_told_without_a_secret_uses_the_one_given_before() -> None:
    secret = prepared(source=source(fields={}, secret="flow-1/source/0"))
    flow = given(secret, start_confirmed(source=source(secret=None))).state
    assert flow.source == source(secret="flow-1/source/0")


def test_credentials_alone_are_for_the_source_that_was_given_before() -> None:
    known, new = prepared(source=source()), source(fields={}, secret="flow-1/source/2")
    given(known).when(confirm(source=new)).then(start_confirmed(source=new))
    flow = given(known, start_confirmed(source=new)).state
    assert flow.source == source(secret="flow-1/source/2")


def test_a_prepared_push_starts_without_an_address() -> None:
    push = prepared(direction=Direction.PUSH)
    given(push).when(confirm(source=None)).then(start_confirmed(source=None))


def test_the_same_message_again_is_ignored() -> None:
    given(prepared(), start_confirmed()).when(confirm()).then_nothing()


def test_the_same_message_is_ignored_when_the_flow_has_moved_on() -> None:
    events = prepared(), start_confirmed(), suspended()
    given(*events).when(confirm()).then_nothing()
    given(*events, resumed(), completed()).when(confirm()).then_nothing()


def test_the_same_message_gets_the_answer_that_it_got_before() -> None:
    flow = given(prepared(), start_confirmed(), suspended()).state
    assert flow.answers["started", "m-confirm"] == Answer(State.STARTED)


def test_another_message_for_a_started_consumer_is_recorded_and_changes_nothing() -> (
    None
):
    events = prepared(), start_confirmed()
    given(*events).when(confirm(message_id=OTHER)).then(IGNORED)
    elsewhere = source(fields={"bucket": "other"})
    given(*events).when(confirm(message_id=OTHER, source=elsewhere)).then(IGNORED)
    before, after = given(*events).state, given(*events, IGNORED).state
    answers = {**before.answers, ("started", OTHER): Answer(State.STARTED)}
    assert after == replace(before, answers=answers)


def test_another_message_without_an_id_is_not_recorded() -> None:
    given(prepared(), start_confirmed()).when(confirm(message_id=None)).then_nothing()


def test_an_ignored_message_is_recorded_once() -> None:
    events = prepared(), start_confirmed(), IGNORED
    given(*events).when(confirm(message_id=OTHER)).then_nothing()
    given(*events, suspended()).when(confirm(message_id=OTHER)).then_nothing()


def test_the_id_of_another_signal_is_no_repetition() -> None:
    shared = {"message_id": "m-prepare"}
    given(prepared()).when(confirm(**shared)).then(start_confirmed(**shared))
    flow = given(prepared(), start_confirmed(**shared)).state
    assert flow.answers == {
        ("prepare", "m-prepare"): Answer(State.PREPARED),
        ("started", "m-prepare"): Answer(State.STARTED),
    }


def test_an_unknown_flow_is_refused() -> None:
    given().when(confirm()).then_raises(UnknownFlowError, "no data flow")


@pytest.mark.parametrize(
    "events",
    [
        (started(),),
        (prepared(), start_confirmed(), suspended()),
        (prepared(), start_confirmed(), completed()),
        (prepared(), terminated()),
    ],
)
def test_a_flow_is_refused_that_does_not_wait_for_its_provider(
    events: tuple[DataFlowEvent, ...],
) -> None:
    given(*events).when(confirm(message_id=OTHER)).then_raises(
        IllegalTransitionError, "cannot"
    )


def test_a_pull_that_was_never_told_its_source_is_refused() -> None:
    given(prepared()).when(confirm(source=None)).then_raises(
        InvalidAddressError, "the source is not named"
    )


def test_a_pull_that_does_not_know_its_destination_is_refused() -> None:
    given(prepared(destination=None)).when(confirm()).then_raises(
        InvalidAddressError, "the destination is not named"
    )
