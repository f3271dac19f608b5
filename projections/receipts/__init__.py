"""The receipt of a completed flow, made of its events. Pure: nothing is signed here.

`ReceiptFold.add` takes the events one after the other and gives the lines of objects
that each of them tells of; `statement` is what they add up to, once the flow is
completed. Events behind its end (callbacks) are no part of it, so that a receipt is
the same whenever it is asked for.
"""

from projections.receipts.fold import ReceiptFold

__all__ = ["ReceiptFold"]
