"""
S3 servers that others made, for the matrix and the benchmark.

What it does: each comes from its registry (PyPI, npm, Debian) into a folder of its own
that git ignores, starts on the loopback interface with an empty home, and is gone when
its context ends.

How: `pins/` names every version, `installing` makes the folder once per pins,
`programs` starts the server as a child that cannot outlive us, `catalogue` knows all of
them by name.

What to know: their data are in the home that they are given, or in memory; nothing is
kept. What they do differently from Amazon is told in `docs/storages.md`.
"""
