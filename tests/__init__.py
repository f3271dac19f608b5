"""The tests. A package, so that `tests/domain` cannot shadow `domain`."""
