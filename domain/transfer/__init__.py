"""A transfer: the copying that a started data flow causes, planned and counted.

The planner is the only writer of a transfer's stream. A page of the source's listing
becomes one `PagePlanned` together with the first event of each segment's journal, in
one transaction, so that a plan is never half there.
"""

from domain.transfer.events import TransferEvent
from domain.transfer.state import INITIAL, Transfer, evolve

__all__ = ["INITIAL", "Transfer", "TransferEvent", "evolve"]
