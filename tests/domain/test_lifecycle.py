"""A data flow that is told anything at all, in any order."""

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
from domain.errors import DataPlaneError, FlowExistsError
from domain.location import Direction
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
        direction=directions,
        source=sources,
        destination=destinations,
    ),
    st.builds(controls.confirm, message_id=message_ids, source=sources),
    st.builds(controls.suspend, message_id=message_ids),
    st.builds(controls.resume, message_id=message_ids, source=sources),
    st.builds(controls.terminate, message_id=message_ids),
    st.builds(controls.complete, message_id=message_ids),
)
of_the_plane: st.SearchStrategy[DataFlowCommand] = st.one_of(
    st.builds(controls.finish), st.builds(controls.report_error, code=codes)
)


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
        recorded = {event.message_id for event in self.events} - {None}
        assert self.flow.answers.keys() == recorded
        for message_id in recorded:
            for command in (controls.start, controls.suspend, controls.terminate):
                assert decide(command(message_id=message_id), self.flow) == ()

    def _tell(self, command: DataFlowCommand) -> None:
        before = self.flow
        try:
            events = decide(command, before)
        except DataPlaneError:
            return
        assert not (before.final and events), "final is final"
        for event in events:
            self._record(event)
        assert before.answers.items() <= self.flow.answers.items()
        if events:
            self._tell_again(command)

    def _record(self, event: DataFlowEvent) -> None:
        before, self.flow = self.flow.state, evolve(self.flow, event)
        self.events.append(event)
        assert self.flow.state is before or self.flow.state in TRANSITIONS[before]

    def _tell_again(self, command: DataFlowCommand) -> None:
        try:
            assert decide(command, self.flow) == ()
        except FlowExistsError:
            assert command.message_id is None, "without an id it cannot be known again"


TestDataFlowLifecycle = DataFlowLifecycle.TestCase
TestDataFlowLifecycle.settings = hypothesis.settings(
    deadline=None, stateful_step_count=30
)
