"""Our transitions against the protocol's: Data Plane Signaling 1.0 RC3."""

from dataclasses import replace
from itertools import product

import pytest

from domain.data_flow import (
    INITIAL,
    TRANSITIONS,
    DataFlowCommand,
    DataFlowEvent,
    State,
    decide,
    evolve,
)
from domain.data_flow.events import DataFlowSignalIgnored
from domain.data_flow.state import Answer
from domain.errors import DataPlaneError
from tests.controls import (
    complete,
    completed,
    confirm,
    prepare,
    prepared,
    resume,
    signal_ignored,
    start,
    start_confirmed,
    started,
    suspend,
    suspended,
    terminate,
    terminated,
)
from tests.domain.spec import given

# DPS, "Data Flow State Machine": every arrow of the diagram. Before its first message
# a flow is INITIALIZED.
DIAGRAM = {
    ("INITIALIZED", "PREPARING"),
    ("INITIALIZED", "PREPARED"),
    ("INITIALIZED", "STARTING"),
    ("INITIALIZED", "STARTED"),
    ("PREPARING", "PREPARED"),
    ("STARTING", "STARTED"),
    ("PREPARED", "STARTED"),
    ("STARTED", "SUSPENDED"),
    ("SUSPENDED", "STARTED"),
    ("STARTED", "COMPLETED"),
    ("PREPARING", "TERMINATED"),
    ("PREPARED", "TERMINATED"),
    ("STARTING", "TERMINATED"),
    ("STARTED", "TERMINATED"),
    ("SUSPENDED", "TERMINATED"),
}

PROVIDER: dict[str, tuple[DataFlowEvent, ...]] = {
    "none": (),
    "STARTED": (started(),),
    "SUSPENDED": (started(), suspended()),
    "COMPLETED": (started(), completed()),
    "TERMINATED": (started(), terminated()),
}
CONSUMER: dict[str, tuple[DataFlowEvent, ...]] = {
    "none": (),
    "PREPARED": (prepared(),),
    "STARTED": (prepared(), start_confirmed()),
    "SUSPENDED": (prepared(), start_confirmed(), suspended()),
    "COMPLETED": (prepared(), start_confirmed(), completed()),
    "TERMINATED": (prepared(), terminated()),
}
NEW = {"message_id": "m-new"}
SIGNALS: dict[str, DataFlowCommand] = {
    "prepare": prepare(**NEW),
    "start": start(**NEW),
    "started": confirm(**NEW),
    "suspend": suspend(**NEW),
    "resume": resume(**NEW),
    "completed": complete(**NEW),
    "terminate": terminate(**NEW),
}

# What each signal leads to: a state, the code of a refusal, or "-" where its effect is
# there already: that is answered with success and changes no state. Where the protocol
# is silent on a second `prepare`, we refuse it as it refuses a `start`.
EXISTS, UNKNOWN, ILLEGAL = "flow.exists", "flow.unknown", "flow.illegal-transition"
COLUMNS = ("none", "PREPARED", "STARTED", "SUSPENDED", "COMPLETED", "TERMINATED")
MATRIX = {
    "prepare": ("PREPARED", EXISTS, EXISTS, EXISTS, EXISTS, EXISTS),
    "start": ("STARTED", EXISTS, EXISTS, EXISTS, EXISTS, EXISTS),
    "started": (UNKNOWN, "STARTED", "-", ILLEGAL, ILLEGAL, ILLEGAL),
    "suspend": (UNKNOWN, ILLEGAL, "SUSPENDED", "-", ILLEGAL, ILLEGAL),
    "resume": (UNKNOWN, ILLEGAL, "-", "STARTED", ILLEGAL, ILLEGAL),
    "completed": (UNKNOWN, ILLEGAL, "COMPLETED", ILLEGAL, "-", ILLEGAL),
    "terminate": (UNKNOWN, "TERMINATED", "TERMINATED", "TERMINATED", ILLEGAL, "-"),
}


def outcome(signal: str, events: tuple[DataFlowEvent, ...]) -> str:
    flow = given(*events).state
    try:
        (decided,) = decide(SIGNALS[signal], flow)
    except DataPlaneError as refusal:
        return refusal.code
    after = evolve(flow, decided)
    # Whatever is decided, the control plane is told the state that it led to.
    assert after.answers[signal, "m-new"] == Answer(after.state)
    if not isinstance(decided, DataFlowSignalIgnored):
        return after.state
    assert after == replace(flow, answers=after.answers), "ignored, yet it changes"
    return "-"


def test_the_table_names_every_state() -> None:
    assert TRANSITIONS.keys() == set(State)


@pytest.mark.parametrize(("before", "after"), [*product(State, State)])
def test_a_transition_is_ours_exactly_if_it_is_the_protocols(
    before: State, after: State
) -> None:
    assert (after in TRANSITIONS[before]) == ((before, after) in DIAGRAM)


@pytest.mark.parametrize("state", State)
def test_only_completed_and_terminated_are_final(state: State) -> None:
    assert (not TRANSITIONS[state]) == (state in {"COMPLETED", "TERMINATED"})


def test_a_flow_that_no_message_has_created_does_not_exist() -> None:
    assert not INITIAL.exists
    assert INITIAL.state is State.INITIALIZED


@pytest.mark.parametrize(("signal", "state"), [*product(SIGNALS, CONSUMER)])
def test_a_consumers_flow_answers_each_signal_as_the_protocol_says(
    signal: str, state: str
) -> None:
    expected = MATRIX[signal][COLUMNS.index(state)]
    assert outcome(signal, CONSUMER[state]) == expected


@pytest.mark.parametrize(("signal", "state"), [*product(SIGNALS, PROVIDER)])
def test_a_providers_flow_answers_each_signal_as_the_protocol_says(
    signal: str, state: str
) -> None:
    expected = MATRIX[signal][COLUMNS.index(state)]
    if signal == "started" and state != "none":
        expected = ILLEGAL  # it is for consumers only
    assert outcome(signal, PROVIDER[state]) == expected


REPEATS = [
    (signal, flow)
    for signal, row in MATRIX.items()
    for state, cell in zip(COLUMNS, row, strict=True)
    for flow in (CONSUMER.get(state), PROVIDER.get(state))
    if cell == "-" and flow and (signal != "started" or flow == CONSUMER[state])
]


@pytest.mark.parametrize(("signal", "events"), REPEATS)
def test_a_repeat_in_the_same_state_is_answered_with_success_and_changes_no_state(
    signal: str, events: tuple[DataFlowEvent, ...]
) -> None:
    ignored = signal_ignored(message_id="m-new", verb=signal)
    given(*events).when(SIGNALS[signal]).then(ignored)
    given(*events, ignored).when(SIGNALS[signal]).then_nothing()
    before, after = given(*events).state, given(*events, ignored).state
    answers = {**before.answers, (signal, "m-new"): Answer(before.state)}
    assert after == replace(before, answers=answers)


@pytest.mark.parametrize(("signal", "events"), REPEATS)
def test_a_repeat_in_the_same_state_without_a_message_id_leaves_no_trace(
    signal: str, events: tuple[DataFlowEvent, ...]
) -> None:
    unnamed = SIGNALS[signal].model_copy(update={"message_id": None})
    given(*events).when(unnamed).then_nothing()


def test_each_of_the_five_signals_has_a_state_to_be_repeated_in() -> None:
    repeated = sorted(signal for signal, _ in REPEATS)
    both = ("completed", "resume", "suspend", "terminate")
    assert repeated == sorted((*both, *both, "started"))
