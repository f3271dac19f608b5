"""Executors: what moves the bytes of each mechanism.

An executor has the name of its mechanism in `domain.mechanisms` and is found by entry
point (group `waybill.executors`). It implements `handlers.ports.Executor`: it opens
either end of a copy, and knows nothing of the other. `Pair` puts any two together.

What ends share: `streams` (bytes on their way, and who is waited for), `hashes` (what
is computed of them) and `errors` (what no answer at all becomes).
"""
