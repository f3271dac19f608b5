"""Who is served next: users by bytes first, then each user's uploads."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.upload.fairness import (
    Ledger,
    Places,
    Want,
    displaced,
    next_of,
    served,
)


def shares(
    waiting: dict[Want, int], places: Places, rounds: int
) -> tuple[Counter[str], Counter[str]]:
    """Bytes by user and upload, where everybody always wants more.

    `waiting` says how many requests each has going at once. Whoever was served
    longest ago is done next, and comes again.
    """
    queue = [want for want, count in waiting.items() for _ in range(count)]
    held: list[Want] = []
    ledger = Ledger()
    users: Counter[str] = Counter()
    uploads: Counter[str] = Counter()
    for _ in range(rounds):
        while (number := next_of(queue, held, places, ledger)) is not None:
            want = queue.pop(number)
            ledger = served(ledger, want)
            held.append(want)
            users[want.user_id] += want.size_bytes
            uploads[want.upload_id] += want.size_bytes
        queue.append(held.pop(0))
    return users, uploads


def test_one_upload_gets_as_much_as_thirty_two_of_another_user() -> None:
    many = {Want("bob", f"b{n}", 8): 2 for n in range(32)}
    users, uploads = shares({**many, Want("ann", "a", 8): 4}, Places(8, 4), 4000)
    assert users["ann"] / users.total() >= 0.45
    mine = [uploads[f"b{n}"] for n in range(32)]
    assert max(mine) - min(mine) <= 2 * 8


def test_small_chunks_are_no_disadvantage() -> None:
    both = {Want("ann", "a", 1): 30, Want("bob", "b", 16): 30}
    users, _ = shares(both, Places(8, 8), 5000)
    assert users["ann"] / users.total() >= 0.45


def test_of_one_users_uploads_none_starves() -> None:
    both = {Want("ann", "busy", 8): 50, Want("ann", "calm", 8): 2}
    _, uploads = shares(both, Places(4, 2), 2000)
    assert uploads["calm"] / uploads.total() >= 0.45


def test_nothing_is_saved_up_by_being_away() -> None:
    ledger = Ledger()
    bob, ann = Want("bob", "b", 100), Want("ann", "a", 100)
    for _ in range(50):
        ledger = served(ledger, bob)
    order: list[str] = []
    for _ in range(20):
        number = next_of([bob, ann], [], Places(1, 1), ledger)
        assert number is not None
        want = (bob, ann)[number]
        ledger = served(ledger, want)
        order.append(want.user_id)
    assert 9 <= order.count("ann") <= 11


def test_an_upload_has_no_more_than_its_share() -> None:
    want = Want("ann", "a", 1)
    assert next_of([want], [want], Places(4, 2), Ledger()) == 0
    assert next_of([want], [want, want], Places(4, 2), Ledger()) is None


def test_whose_chunks_take_longer_has_more_places_and_the_same_share() -> None:
    slow, quick = Want("ann", "a", 1), Want("bob", "b", 1)
    places, ledger = Places(8, 4), Ledger()
    held: list[tuple[int, Want]] = []
    taken: Counter[str] = Counter()
    for now in range(3000):
        held = [each for each in held if each[0] > now]
        waiting = [slow, quick]
        while True:
            number = next_of(waiting, [each for _, each in held], places, ledger)
            if number is None:
                break
            want = waiting[number]
            ledger = served(ledger, want)
            taken[want.user_id] += 1
            held.append((now + (3 if want is slow else 1), want))
    assert taken["ann"] / taken.total() >= 0.45


def test_a_place_is_kept_for_who_was_here_a_moment_ago() -> None:
    bob = Want("bob", "b", 1)
    held = [bob, bob, bob]
    assert next_of([bob], held, Places(4, 4), Ledger()) == 0
    assert next_of([bob], held, Places(4, 4, {"ann": 1, "bob": 9}), Ledger()) is None
    assert next_of([bob], [], Places(1, 1, {"ann": 1}), Ledger()) == 0


@pytest.mark.parametrize(("had", "bob_may_have"), [(0, 8), (1, 7), (4, 4), (40, 4)])
def test_as_many_are_kept_as_it_had_but_no_more_than_its_share(
    had: int, bob_may_have: int
) -> None:
    places = Places(8, 8, {"ann": had} if had else {})
    held: list[Want] = []
    while next_of([Want("bob", "b", 1)], held, places, Ledger()) is not None:
        held.append(Want("bob", "b", 1))
    assert len(held) == bob_may_have


@pytest.mark.parametrize(("queued", "leaves"), [(1, None), (2, None), (3, 2)])
def test_of_a_full_queue_the_last_of_the_greediest_leaves(
    queued: int, leaves: int | None
) -> None:
    waiting = [Want("bob", f"b{n}", 1) for n in range(queued)]
    mine = [Want("ann", "a", 1)] if queued < 3 else []
    assert displaced(waiting + mine, Want("ann", "a", 1)) == leaves
    assert displaced([], Want("ann", "a", 1)) is None


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(0, 9)),
        max_size=60,
    ),
    st.integers(1, 5),
)
def test_a_free_place_is_never_left_empty_while_somebody_may_have_it(
    asked: list[tuple[str, str, int]], count: int
) -> None:
    queue = [Want(user, user + upload, size) for user, upload, size in asked]
    held: list[Want] = []
    ledger = Ledger()
    while queue:
        number = next_of(queue, held, Places(count, count), ledger)
        if number is None:
            assert len(held) == count
            held.pop(0)
            continue
        held.append(queue.pop(number))
        ledger = served(ledger, held[-1])
        assert len(ledger.tags) <= 3 + 9
