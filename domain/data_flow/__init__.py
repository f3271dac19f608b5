"""A data flow: what a control plane asked for, and what state that left it in."""

from domain.data_flow.commands import DataFlowCommand
from domain.data_flow.decide import decide
from domain.data_flow.events import DataFlowEvent
from domain.data_flow.state import INITIAL, TRANSITIONS, DataFlow, State, evolve

__all__ = [
    "INITIAL",
    "TRANSITIONS",
    "DataFlow",
    "DataFlowCommand",
    "DataFlowEvent",
    "State",
    "decide",
    "evolve",
]
