"""A data flow that is told anything at all, in any order."""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.data_flow import (
    INITIAL,
    TRANSITIONS,
    DataFlowCommand,
    DataFlowEvent,
    decide,
    evolve,
)
from domain.data_flow.commands import ResumeDataFlow
from domain.data_flow.events import (
    DataFlowApproved,
    DataFlowCompleted,
    DataFlowPrepared,
    DataFlowPrioritized,
    DataFlowResumed,
    DataFlowSignalIgnored,
    DataFlowStartConfirmed,
    DataFlowStarted,
    DataFlowSuspended,
    DataFlowTerminated,
)
from domain.errors import DataPlaneError, FlowExistsError
from domain.location import CopyOptions, Direction, PlanMode
from tests import controls

message_ids = st.none() | st.sampled_from([f"m-{number}" for number in range(12)])
directions = st.sampled_from(Direction)
sources = st.sampled_from([None, controls.source(), controls.source(secret=None)])
destinations = st.sampled_from([None, controls.destination()])
codes = st.sampled_from(["storage.denied", "storage.exhausted"])

of_the_control_plane: st.SearchStrategy[DataFlowCommand] = st.one_of(
    st.builds(
        controls.prepare,
        message_id=message_ids,
        direction=directions,
        source=sources,
        destination=destinations,
    ),
    st.builds(
        controls.start,
        message_id=message_ids,
        options=st.sampled_from(PlanMode).map(lambda plan: CopyOptions(plan=plan)),
        direction=directions,
        source=sources,
        destination=destinations,
    ),
    st.builds(controls.confirm, message_id=message_ids, source=sources),
    st.builds(controls.suspend, message_id=message_ids),
    st.builds(
        controls.resume,
        message_id=message_ids,
        source=sources,
        destination=destinations,
    ),
    st.builds(controls.terminate, message_id=message_ids),
    st.builds(controls.complete, message_id=message_ids),
    st.builds(controls.approve, message_id=message_ids, planned=st.booleans()),
    st.builds(controls.prioritize, message_id=message_ids, priority=st.integers(1, 5)),
)
of_the_plane: st.SearchStrategy[DataFlowCommand] = st.one_of(
    st.builds(controls.finish), st.builds(controls.report_error, code=codes)
)


COMMANDS: dict[str, Callable[..., DataFlowCommand]] = {
    "prepare": controls.prepare,
    "start": controls.start,
    "started": controls.confirm,
    "suspend": controls.suspend,
    "resume": controls.resume,
    "completed": controls.complete,
    "terminate": controls.terminate,
    "approve": controls.approve,
    "prioritize": controls.prioritize,
}
VERBS: dict[type[DataFlowEvent], str] = {
    DataFlowPrepared: "prepare",
    DataFlowStarted: "start",
    DataFlowStartConfirmed: "started",
    DataFlowSuspended: "suspend",
    DataFlowResumed: "resume",
    DataFlowCompleted: "completed",
    DataFlowTerminated: "terminate",
    DataFlowApproved: "approve",
    DataFlowPrioritized: "prioritize",
}


def verb(event: DataFlowEvent) -> str:
    """The signal that the event is of; an error is of none."""
    if isinstance(event, DataFlowSignalIgnored):
        return event.verb
    return VERBS.get(type(event), "")


class DataFlowLifecycle(RuleBasedStateMachine):
    """One flow, and all that is recorded of it."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = INITIAL
        self.events: list[DataFlowEvent] = []

    @rule(command=of_the_control_plane)
    def signal(self, command: DataFlowCommand) -> None:
        """The control plane tells it something."""
        self._tell(command)

    @rule(command=of_the_plane)
    def find(self, command: DataFlowCommand) -> None:
        """The plane itself tells it something."""
        self._tell(command)

    @invariant()
    def replay_gives_the_state(self) -> None:
        assert reduce(evolve, self.events, INITIAL) == self.flow

    @invariant()
    def every_message_that_was_recorded_is_answered_and_decides_nothing(self) -> None:
        recorded = {
            (verb(event), event.message_id)
            for event in self.events
            if event.message_id is not None
        }
        assert self.flow.answers.keys() == recorded
        for name, message_id in recorded:
            assert decide(COMMANDS[name](message_id=message_id), self.flow) == ()

    def _tell(self, command: DataFlowCommand) -> None:
        before = self.flow
        known = (command.VERB, command.message_id) in before.answers
        try:
            events = decide(command, before)
        except DataPlaneError:
            assert not known, "what was answered once is never refused"
            return
        assert len(events) <= 1
        if command.message_id is not None:
            assert bool(events) is not known, "each message is recorded, and once"
        for event in events:
            self._record(event)
            assert event.message_id == command.message_id
            assert verb(event) == command.VERB or command.message_id is None
        assert before.answers.items() <= self.flow.answers.items()
        if events:
            self._tell_again(command)

    def _record(self, event: DataFlowEvent) -> None:
        before, self.flow = self.flow, evolve(self.flow, event)
        self.events.append(event)
        ours = {before.state, *TRANSITIONS[before.state]}
        assert self.flow.state in ours
        if before.final or isinstance(event, DataFlowSignalIgnored):
            assert isinstance(event, DataFlowSignalIgnored), "final is final"
            assert self.flow == replace(before, answers=self.flow.answers)

    def _tell_again(self, command: DataFlowCommand) -> None:
        try:
            events = decide(command, self.flow)
        except FlowExistsError:
            assert command.message_id is None, "without an id it cannot be known again"
            return
        if events:
            # An address without an id is taken again, and is the same address.
            assert isinstance(command, ResumeDataFlow)
            assert command.message_id is None
            assert command.source or command.destination
            again = reduce(evolve, events, self.flow)
            assert replace(again, resumes=self.flow.resumes) == self.flow


TestDataFlowLifecycle = DataFlowLifecycle.TestCase
TestDataFlowLifecycle.settings = hypothesis.settings(
    deadline=None, stateful_step_count=30
)
