"""The mapping that a transfer's large objects are kept in."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from domain.transfer.ledger import Ledger

CHANGES = st.lists(st.tuples(st.text(max_size=3), st.none() | st.integers()))


@given(CHANGES)
def test_it_is_what_a_dict_would_be_and_what_was_stays(
    changes: list[tuple[str, int | None]],
) -> None:
    ledger, plain = Ledger[int](), dict[str, int]()
    versions: list[tuple[Ledger[int], dict[str, int]]] = []
    for key, value in changes:
        if value is None:
            ledger = ledger.without(key)
            plain.pop(key, None)
        else:
            ledger = ledger.with_(key, value)
            plain[key] = value
        versions.append((ledger, dict(plain)))
    for made, expected in versions:
        assert list(made.items()) == list(expected.items())
        assert (len(made), dict(made)) == (len(expected), expected)


def test_a_change_makes_as_much_anew_at_any_size() -> None:
    def most_bytes(size: int) -> int:
        ledger = Ledger[int]()
        for number in range(size):
            ledger = ledger.with_(f"0-{number}", number)
        tracemalloc.start()
        try:
            kept = [ledger.with_(f"1-{number}", number) for number in range(100)]
            return tracemalloc.get_traced_memory()[1] // len(kept)
        finally:
            tracemalloc.stop()

    # A dict would be thirty times as large at the larger size.
    assert most_bytes(30_000) < 3 * most_bytes(1000)
