"""The event log: the one place where Waybill's history is written and read.

What it does: `EventLog` loads a stream and appends to it at a version; `Follower` reads
the whole log in order, page by page, and applies each page to rows in the transaction
that also moves its position; `migrate` makes the tables, once.

How: the `eventsourcing` library's Postgres recorder owns the table, the lock that makes
positions follow the order of commits, and the wake-up. Ours are the mapper (pydantic
events under explicit topics), the binary encoding of the insert, and the group commit:
one writer thread per process merges whatever is waiting into one transaction.

What to know when running it: never set POSTGRES_ENABLE_DB_FUNCTIONS (it lets readers
skip events for ever); positions have holes where a transaction failed; run one
migration before any process; no transaction-pooling proxy in front (LISTEN).
"""

from eventlog.follower import Follower
from eventlog.log import Append, EventLog
from eventlog.schema import migrate

__all__ = ["Append", "EventLog", "Follower", "migrate"]
