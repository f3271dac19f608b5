"""Receipts: what a completed flow has moved, under which agreement, signed. Pure.

What it holds: `ReceiptStatement` (what is signed), `ReceiptLine` (one object of it),
`ReceiptFile` with `problems` (a receipt as it is handed on, and what is wrong with it),
and `reconcile` (what the receipts of the two sides of one process contradict in).

How: a statement names its objects by a digest over all their lines, so that it stays
small however many they are; the lines may come with it or be left at home. What is
signed is canonical JSON: names in order, no spaces, ASCII only.

What to know: two sides name an object by its key below their own prefix, the only name
that both have. A side that did not move the bytes has no lines.
"""

from domain.receipts.file import ReceiptFile, problems
from domain.receipts.reconcile import Difference, reconcile
from domain.receipts.statement import (
    Leaves,
    ObjectOutcome,
    ReceiptLine,
    ReceiptStatement,
)

__all__ = [
    "Difference",
    "Leaves",
    "ObjectOutcome",
    "ReceiptFile",
    "ReceiptLine",
    "ReceiptStatement",
    "problems",
    "reconcile",
]
