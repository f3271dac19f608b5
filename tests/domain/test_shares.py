"""Who gets the free places of the queue: fairly, always, and all of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.scheduling.mixing import mixed
from domain.scheduling.shares import Claim, Ledger, allot, by_flow

PLACES = 16
ENDLESS = 1 << 30
SOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

claims = st.builds(
    Claim,
    data_flow_id=st.uuids().map(str),
    tenant=st.sampled_from("abc"),
    priority=st.integers(1, 5),
    ready=st.integers(0, 40),
    held=st.integers(0, 20),
    deadline=st.none() | st.integers(1, 9).map(lambda h: SOON + timedelta(hours=h)),
).flatmap(
    lambda claim: st.integers(0, claim.ready).map(
        lambda count: replace(claim, completions=count)
    )
)
weights = st.dictionaries(st.sampled_from("abc"), st.floats(0.1, 10))


@dataclass
class Queue:
    """Workers without end: what is queued is done after its flow's own time."""

    flows: dict[str, Claim]
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    places: int = PLACES
    now: float = 0.0
    ledger: Ledger = field(default_factory=Ledger)
    done: list[str] = field(default_factory=list[str])
    _running: list[tuple[float, int, str]] = field(
        default_factory=list[tuple[float, int, str]]
    )
    _count: int = 0

    def run(self, segments: int) -> Counter[str]:
        """Until so many more are done; returns how many of each flow."""
        before = len(self.done)
        while len(self.done) < before + segments and self._turn():
            pass
        return Counter(self.done[before:])

    def _turn(self) -> bool:
        self._fill()
        if not self._running:
            return False
        self.now, _, flow = heappop(self._running)
        self.flows[flow] = replace(self.flows[flow], held=self.flows[flow].held - 1)
        self.done.append(flow)
        return True

    def _fill(self) -> None:
        free = self.places - len(self._running)
        told = allot(self.flows.values(), self.places, free, self.weights, self.ledger)
        self.ledger = told.ledger
        for flow in told.order:
            claim = self.flows[flow]
            self.flows[flow] = replace(
                claim, ready=claim.ready - 1, held=claim.held + 1
            )
            self._count += 1
            ends = self.now + self.seconds.get(flow, 1.0)
            heappush(self._running, (ends, self._count, flow))


def busy(
    flow: str, tenant: str = "a", priority: int = 3, ready: int = ENDLESS
) -> Claim:
    return Claim(flow, tenant, priority, ready)


def queue(
    *flows: Claim,
    weights: Mapping[str, float] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> Queue:
    found = {each.data_flow_id: each for each in flows}
    return Queue(found, weights or {}, seconds or {})


@given(st.lists(claims, max_size=30), st.integers(0, 20), weights)
def test_every_place_is_given_to_somebody_who_wants_it(
    found: list[Claim], free: int, said: dict[str, float]
) -> None:
    order = allot(found, PLACES, free, said, Ledger()).order
    assert len(order) == min(free, sum(each.ready for each in found))
    given_to = by_flow(order)
    assert all(given_to.get(each.data_flow_id, 0) <= each.ready for each in found)


@given(st.lists(claims, max_size=30), st.integers(0, 20), weights)
def test_what_finishes_an_object_comes_first(
    found: list[Claim], free: int, said: dict[str, float]
) -> None:
    order = allot(found, PLACES, free, said, Ledger()).order
    completions = {each.data_flow_id: each.completions for each in found}
    first = order[: sum(completions.values())]
    assert all(completions[flow] >= n for flow, n in Counter(first).items())


@settings(max_examples=15, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 99),
        st.tuples(st.sampled_from("abc"), st.integers(1, 5)),
        min_size=1,
        max_size=8,
    ),
    weights,
    st.integers(1, 40),
)
def test_nobody_starves_and_shares_are_kept(
    said: dict[int, tuple[str, int]], weights: dict[str, float], places: int
) -> None:
    flows = [busy(str(name), *what) for name, what in said.items()]
    got = replace(queue(*flows, weights=weights), places=places).run(1200)
    tenants = {each.tenant for each in flows}
    whole = sum(weights.get(each, 1.0) for each in tenants)
    for each in flows:
        others = [o for o in flows if o.tenant == each.tenant]
        own = 2 ** (each.priority - 1) / sum(2 ** (o.priority - 1) for o in others)
        share = weights.get(each.tenant, 1.0) / whole * own
        # A place is a piece of time: with few of them, shares are kept over many turns.
        assert got[each.data_flow_id] >= 0.8 * share * 1200 - 3, (each, share)


def test_a_flow_of_a_thousand_segments_is_not_ahead_of_one_of_thirty() -> None:
    found = queue(busy("big", "a", ready=1000), busy("small", "b", ready=30))
    assert found.run(60)["small"] >= 28


def test_tenants_share_by_their_weights_whatever_flows_they_have() -> None:
    many = [busy(f"a{number}", "a") for number in range(25)]
    got = queue(*many, busy("b", "b"), weights={"b": 3.0}).run(1000)
    assert got["b"] == pytest.approx(750, rel=0.05)
    crowd = [got[each.data_flow_id] for each in many]
    assert max(crowd) - min(crowd) <= 1


def test_a_step_of_priority_counts_twice() -> None:
    got = queue(busy("low", priority=2), busy("high", priority=4)).run(1000)
    assert got["high"] == pytest.approx(800, rel=0.05)


def test_a_crowd_does_not_drown_in_a_lower_priority() -> None:
    crowd = [busy(f"c{number}", priority=3) for number in range(20)]
    got = queue(*crowd, busy("low", priority=2)).run(4100)
    assert got["low"] == pytest.approx(100, rel=0.1)


def test_who_was_away_has_saved_up_nothing() -> None:
    found = queue(busy("here", "a"))
    found.run(1000)
    found.flows["new"] = busy("new", "b")
    assert found.run(200)["here"] >= 90


def test_slow_segments_fill_their_own_places_and_not_everybodys() -> None:
    """By turns alone, a storage that does not answer would hold all places."""
    flows = (busy("slow", "a"), busy("quick", "b"))
    found = queue(*flows, seconds={"slow": 60.0, "quick": 1.0})
    found.run(8)
    begun = found.now
    quick = found.run(1000)["quick"]
    assert quick / (found.now - begun) >= 0.8 * PLACES / 2


def test_the_earliest_deadline_comes_first_and_leaves_some_to_the_others() -> None:
    dated = [
        replace(busy(name), deadline=SOON + timedelta(hours=hours))
        for name, hours in (("late", 9), ("early", 1))
    ]
    got = queue(*dated, busy("never")).run(1000)
    assert got["early"] == pytest.approx(750, rel=0.05)
    assert got["late"] == 0
    assert got["never"] == pytest.approx(250, rel=0.1)


def test_a_deadline_does_not_count_beyond_its_priority() -> None:
    dated = replace(busy("dated", priority=2), deadline=SOON)
    got = queue(dated, busy("urgent", priority=5)).run(900)
    assert got["urgent"] == pytest.approx(800, rel=0.05)


def test_who_is_gone_is_forgotten() -> None:
    found = queue(*(busy(str(number), str(number), ready=3) for number in range(100)))
    found.run(300)
    found.flows = {"last": busy("last")}
    found.run(10)
    assert len(found.ledger.tags) < 10


class Segment(NamedTuple):
    """One of a flow, by its kind and its place in the plan."""

    kind: str
    place: int


def planned(*kinds: str) -> Sequence[Segment]:
    return [Segment(kind, place) for place, kind in enumerate(kinds)]


def test_one_huge_object_and_many_small_ones_take_turns() -> None:
    for first, second in (("pack", "parts"), ("parts", "pack")):
        ready = planned(*[first] * 1000, *[second] * 1000)
        kinds = Counter(each.kind for each in mixed(ready, (), 10))
        assert kinds == {"pack": 5, "parts": 5}


@given(
    st.lists(st.sampled_from(("completion", "pack", "parts"))),
    st.lists(st.sampled_from(("completion", "pack", "parts"))),
    st.integers(0, 20),
)
def test_a_mixture_leaves_nothing_out_and_keeps_the_order(
    ready: list[str], held: list[str], most: int
) -> None:
    segments = planned(*ready)
    chosen = mixed(segments, planned(*held), most)
    assert len(chosen) == min(most, len(ready))
    assert len({each.place for each in chosen}) == len(chosen)
    for kind in set(ready):
        ours = [each for each in segments if each.kind == kind]
        picked = [each for each in chosen if each.kind == kind]
        assert picked == ours[: len(picked)]
    completions = ready.count("completion")
    assert {each.kind for each in chosen[:completions]} <= {"completion"}
