"""The mapping that a transfer's large objects are kept in."""

from time import process_time

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


def test_a_change_costs_the_same_at_any_size() -> None:
    def seconds(size: int) -> float:
        began, ledger = process_time(), Ledger[int]()
        for number in range(size):
            ledger = ledger.with_(f"0-{number}", number)
        return (process_time() - began) / size

    # A dict would be thirty times as slow at the larger size.
    assert seconds(30_000) < 5 * seconds(1000)
