"""Messages in, decisions, events appended; effects on storage; callbacks.

Three processes, any number of each:

`python -m handlers commands` hears what control planes say, on the request subjects and
on the durable ones, decides, appends, answers. It is the only writer of data flows.

`python -m handlers dispatcher` tails the log and does what follows from it: plans a
started transfer, keeps its segments queued for workers, has finished uploads completed,
finishes the flow, aborts what was terminated, calls control planes back. One is active,
the others stand by.

`python -m handlers worker` takes segments from the queue, leases each by an event,
copies what its journal does not hold, and records every part.

At least once in, exactly once in effect: a message may come twice, and a process may
die anywhere between an effect and its event. A lease is an event at the journal's
version, so whoever held the segment before is fenced; an effect that was not recorded
is looked for at the storage before it is done again.
"""
