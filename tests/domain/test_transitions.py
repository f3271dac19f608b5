"""Our transitions against the protocol's: Data Plane Signaling 1.0 RC3."""

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
from domain.errors import DataPlaneError
from tests.controls import (
    complete,
    completed,
    confirm,
    prepare,
    prepared,
    resume,
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

# What each signal leads to: a state, "-" for nothing, or the code of a refusal. Where
# the protocol is silent on a second `prepare`, we refuse it as it refuses a `start`.
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
        decided = decide(SIGNALS[signal], flow)
    except DataPlaneError as refusal:
        return refusal.code
    return evolve(flow, *decided).state if decided else "-"


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
