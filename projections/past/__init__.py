"""A flow at any moment of its past: its events folded up to there.

What it does: `Past.add` takes one recorded event after the other; `state_of` shows what
they add up to; `differences` compares two such states. The fold is made of the domain's
own `evolve` functions and of the folds of the read models, so that a state of the past
is what `/management` would have shown at that position.

How: pure, events in and state out. The events may come from the log (`stored_events`)
or from an archive (`Stored.recorded`): nothing here asks a database, a clock or chance.

What to know: an event costs some 20 to 40 microseconds, most of it for reading its
JSON, so a state costs what the events before it cost. Memory grows with segments and
large objects, not with small objects: a pack's plan is dropped when it was counted,
and a journal when it is over.
"""
