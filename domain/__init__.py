"""What Waybill decides, and nothing else.

What it holds: the aggregates `data_flow` (what control planes told us), `transfer`
(the copying that a started flow causes) and `segment` (one worker's journal of a run
of parts or a pack of small objects); the `mechanisms` (how an address of a kind of
storage is read and written); and the words that the processes share: messages,
names, errors, signaling.

How: `decide(command, state) -> events` and `evolve(state, event) -> state`, plain
functions over frozen values. A command that has already had its effect decides
nothing, so redelivery is harmless.

What to know: no I/O, no clock, no randomness, no async. Times and ids come in with
the command. No value in here ever holds a secret: a `Location` carries a reference,
and the secret itself travels beside it as a `SecretStr` until it is stored.
"""
