"""
Read models: rows that answer questions, kept from the event log and from nothing else.

What it does: follows the log and keeps one table, or two, per question: `flow_status`
(what state is each data flow in?), `transfer_progress` (how much of it has moved?),
`outbox` (what do we owe the control planes?), `object_report` (what became of each
object?) and `history_index` (where in the log is a flow?). `queries`, `reports` and
`history` read them for the gateway.

How: one follower per read model. A page of events is folded in memory onto the rows
that it touches; the rows and the position after the page are stored in one
transaction, so a page counts exactly once, whenever we are killed. One instance is
active, by advisory lock; others stand by.

What to know when running it: every row can be thrown away. `python -m projections
rebuild NAME` makes it again beside the live one and switches when it has caught up;
it works while the projector runs, after `DROP SCHEMA read_model CASCADE`, and after a
table's `.sql` file has changed. No row holds a time or an id that is not of an event,
so that a rebuilt table equals the old one byte for byte. Rows lag behind the log by
some fifty milliseconds under load, the report by more; `positions.lag` tells by how
much, and every answer of the gateway says so.
"""
