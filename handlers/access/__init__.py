"""Who may speak to us, and how we prove who we are: authorization, both ways.

In: `gate` admits or refuses whoever comes by any door; it asks `control_planes` who is
registered, `key_sets` for the keys, `replays` whether a token was used before, and
`refusals` notes who was turned away. Out: `tokens` gets what callbacks and
registrations carry.

All of it runs in the commands handler and the dispatcher, for HTTP and NATS alike: a
gateway only passes on what it was given.
"""
