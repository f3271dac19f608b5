"""Tails the log and does what follows from it.

`work` keeps rows of what is unfinished, a page a transaction; `keeper` tends a flow
after each page that touched it: has it planned, its segments queued, its uploads
completed, the flow finished or cleaned up. Every step looks at the rows, does its
effect, and records the outcome as an event; the event, not the effect, moves the rows.
Each can therefore be repeated, and a crash anywhere is answered by tending again.
"""
