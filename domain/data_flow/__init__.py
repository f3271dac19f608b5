"""A data flow: what a control plane asked for, and what state that left it in."""

from domain.data_flow.commands import DataFlowCommand
from domain.data_flow.decide import decide
from domain.data_flow.events import DataFlowCreated, DataFlowEvent
from domain.data_flow.state import (
    BEGINNINGS,
    INITIAL,
    READY,
    TRANSITIONS,
    DataFlow,
    State,
    evolve,
)

__all__ = [
    "BEGINNINGS",
    "INITIAL",
    "READY",
    "TRANSITIONS",
    "DataFlow",
    "DataFlowCommand",
    "DataFlowCreated",
    "DataFlowEvent",
    "State",
    "decide",
    "evolve",
]
