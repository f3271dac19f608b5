"""What follows when a data flow is to be resumed."""

from dataclasses import replace

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import Answer, State
from domain.errors import IllegalTransitionError, UnknownFlowError
from domain.location import Location, relocated
from tests.controls import (
    address,
    completed,
    destination,
    errored,
    prepared,
    resume,
    resumed,
    signal_ignored,
    source,
    started,
    suspended,
    terminated,
)
from tests.domain.spec import given

OTHER = "m-other"
IGNORED = signal_ignored(message_id=OTHER, verb="resume")


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
    assert flow.answers["resume", "m-resume"] == Answer(State.STARTED, address())


@pytest.mark.parametrize("events", [(started(),), (started(), suspended(), resumed())])
def test_a_resumption_of_a_started_flow_is_recorded_and_changes_nothing(
    events: tuple[DataFlowEvent, ...],
) -> None:
    given(*events).when(resume(message_id=OTHER)).then(IGNORED)
    before, after = given(*events).state, given(*events, IGNORED).state
    answers = {**before.answers, ("resume", OTHER): Answer(State.STARTED)}
    assert after == replace(before, answers=answers)


def test_a_resumption_of_a_started_flow_without_an_id_is_not_recorded() -> None:
    given(started()).when(resume(message_id=None)).then_nothing()


def test_an_ignored_resumption_is_recorded_once() -> None:
    given(started(), IGNORED).when(resume(message_id=OTHER)).then_nothing()
    given(started(), IGNORED, suspended()).when(resume(message_id=OTHER)).then_nothing()


def test_an_ignored_resumption_leaves_the_error() -> None:
    assert given(started(), errored(), IGNORED).state.error == "storage.denied"


RELOCATED = [
    (source(fields={"bucket": "spare"}, secret="flow-1/source/2"), None),
    (source(fields={}, secret="flow-1/source/2"), None),
    (None, destination(fields={"bucket": "spare"}, secret="flow-1/destination/2")),
    (None, destination(fields={}, secret="flow-1/destination/2")),
]


@pytest.mark.parametrize(("new_source", "new_destination"), RELOCATED)
def test_a_started_flow_goes_on_with_what_it_is_newly_told(
    new_source: Location | None, new_destination: Location | None
) -> None:
    new = {"source": new_source, "destination": new_destination}
    given(started()).when(resume(**new)).then(resumed(**new))
    given(started(), resumed(**new)).when(resume(**new)).then_nothing()
    flow = given(started(), errored(), resumed(**new)).state
    assert (flow.state, flow.error) == (State.STARTED, None)
    assert flow.source == relocated(source(), new_source)
    assert flow.destination == relocated(destination(), new_destination)
    assert flow.answers["resume", "m-resume"] == Answer(State.STARTED)


def test_new_credentials_are_for_the_address_that_was_given_before() -> None:
    new = source(fields={}, secret="flow-1/source/2")
    flow = given(started(), resumed(source=new)).state
    assert (flow.source, flow.destination) == (
        source(secret="flow-1/source/2"),
        destination(),
    )


def test_the_id_of_another_signal_is_no_repetition() -> None:
    shared = {"message_id": "m-suspend"}
    events = started(), suspended(**shared)
    given(*events).when(resume(**shared)).then(resumed(**shared))
    flow = given(*events, resumed(**shared)).state
    assert flow.answers == {
        ("start", "m-start"): Answer(State.STARTED),
        ("suspend", "m-suspend"): Answer(State.SUSPENDED),
        ("resume", "m-suspend"): Answer(State.STARTED),
    }


def test_an_unknown_flow_is_refused() -> None:
    given().when(resume()).then_raises(UnknownFlowError, "no data flow")


@pytest.mark.parametrize(
    "events",
    [(prepared(),), (started(), completed()), (started(), terminated())],
)
def test_a_flow_that_can_move_no_data_is_refused(
    events: tuple[DataFlowEvent, ...],
) -> None:
    new = source(fields={"bucket": "spare"})
    for command in (resume(message_id=OTHER), resume(message_id=OTHER, source=new)):
        given(*events).when(command).then_raises(
            IllegalTransitionError, "cannot be resumed"
        )


EXPIRED = errored(code="storage.credentials-expired")


def test_a_flow_that_waits_for_credentials_is_resumed_with_or_without_an_address() -> (
    None
):
    given(started(), EXPIRED).when(resume()).then(resumed())
    new = destination(secret="flow-1/destination/2")
    given(started(), EXPIRED).when(resume(destination=new)).then(
        resumed(destination=new)
    )


def test_a_flow_that_goes_on_again_ignores_a_further_resume() -> None:
    events = started(), EXPIRED, resumed()
    given(*events).when(resume(message_id=OTHER)).then(IGNORED)


def test_resumes_are_counted() -> None:
    assert given(started()).state.resumes == 0
    assert (
        given(started(), EXPIRED, resumed(), suspended(), resumed()).state.resumes == 2
    )
