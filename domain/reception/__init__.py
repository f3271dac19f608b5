"""What a data flow receives through the data door: its uploads, and a ledger of them.

A consumer's plane of a push writes what the other side sends. Each upload has a stream
of its own; the flow's ledger names those that are made of parts before the storage
hears of them, so that a crash in between leaves nothing that cannot be found. An
object that comes in one piece needs no ledger: it is there, or it is not.
"""

from domain.reception.decide import decide
from domain.reception.events import ReceptionEvent
from domain.reception.ledger import EMPTY, Ledger, enter
from domain.reception.state import INITIAL, Phase, Upload, evolve

__all__ = [
    "EMPTY",
    "INITIAL",
    "Ledger",
    "Phase",
    "ReceptionEvent",
    "Upload",
    "decide",
    "enter",
    "evolve",
]
