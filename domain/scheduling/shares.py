"""Shares the places of the queue: between tenants, then priorities, then flows.

Start-time fair queueing on each level: who is served gets a tag that grows by one over
its weight, and the smallest tag is next. Somebody who was away, or could not have more,
comes back at the tag of who is being served: nothing is saved up, and nobody starves.

Tags count segments, and segments differ in how long they take. So there is a cap too:
while others want places, nobody holds many more of them than its weight says. Then
what is slow fills its own places, and not everybody's.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

# One step of priority counts twice: 5 is served sixteen times as often as 1.
_STEP = 2
# Of a priority's places, what flows with a deadline get while others want some too.
_DATED, _UNDATED = 3, 1

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Claim:
    """What a flow would have queued now.

    `ready` counts its segments that could be, `completions` those of them that finish
    an object; `held` those that are queued or with a worker.
    """

    data_flow_id: str
    tenant: str
    priority: int
    ready: int
    completions: int = 0
    held: int = 0
    deadline: datetime | None = None


@dataclass(frozen=True)
class Ledger:
    """Who was served how much: of each node its tag, of each parent who is served."""

    tags: Mapping[Path, float] = field(default_factory=dict[Path, float])
    clocks: Mapping[Path, float] = field(default_factory=dict[Path, float])


@dataclass(frozen=True)
class Allotment:
    """The flows in the order of their places, each as often as it gets one."""

    order: tuple[str, ...]
    ledger: Ledger


def allot(
    claims: Iterable[Claim],
    places: int,
    free: int,
    weights: Mapping[str, float],
    ledger: Ledger,
) -> Allotment:
    """Give away the free ones of all places, as far as there are segments for them.

    Completions come first: they are short, and finish what was begun. They count all
    the same. `weights` are the tenants'; who is not named has 1.
    """
    root = _tree(claims, weights)
    alive = {node.path for node in root.with_all_below()}
    tags = {path: tag for path, tag in ledger.tags.items() if path in alive}
    clocks = {path: clock for path, clock in ledger.clocks.items() if path in alive}
    order: list[str] = []
    for first in (True, False):
        while len(order) < free and root.wants(first=first):
            order.append(_serve(root, places, tags, clocks, first=first))
    return Allotment(tuple(order), Ledger(tags, clocks))


@dataclass(eq=False, slots=True)
class _Node:
    """A tenant, a priority, a lane or a flow; its counts are those of all below it."""

    path: Path
    weight: float = 1.0
    deadline: datetime | None = None
    ready: int = 0
    completions: int = 0
    held: int = 0
    flows: int = 0
    children: list["_Node"] = field(default_factory=list["_Node"])

    def adopt(self, node: "_Node") -> None:
        self.children.append(node)
        self.ready += node.ready
        self.completions += node.completions
        self.held += node.held
        self.flows += node.flows

    def wants(self, *, first: bool) -> bool:
        return (self.completions if first else self.ready) > 0

    def with_all_below(self) -> Iterator["_Node"]:
        yield self
        for each in self.children:
            yield from each.with_all_below()


def _tree(claims: Iterable[Claim], weights: Mapping[str, float]) -> _Node:
    lanes: dict[Path, _Node] = {}
    for claim in claims:
        dated = claim.deadline is not None
        path = (claim.tenant, claim.priority, "dated" if dated else "undated")
        if path not in lanes:
            lanes[path] = _Node(path, _DATED if dated else _UNDATED)
        lanes[path].adopt(_flow(path, claim))
    levels = _above(lanes)
    for level in levels.values():
        # As many flows as share it: else a crowd would have less each than a lone
        # flow of a lower priority.
        level.weight = _STEP ** (int(level.path[-1]) - 1) * max(1, level.flows)
    tenants = _above(levels)
    for tenant in tenants.values():
        tenant.weight = weights.get(str(tenant.path[-1]), 1.0)
    return _above(tenants).get((), _Node(()))


def _flow(path: Path, claim: Claim) -> _Node:
    return _Node(
        (*path, claim.data_flow_id),
        deadline=claim.deadline,
        ready=claim.ready,
        completions=claim.completions,
        held=claim.held,
        flows=claim.ready > 0,
    )


def _above(nodes: Mapping[Path, _Node]) -> dict[Path, _Node]:
    parents: dict[Path, _Node] = {}
    for node in nodes.values():
        path = node.path[:-1]
        if path not in parents:
            parents[path] = _Node(path)
        parents[path].adopt(node)
    return parents


def _serve(
    root: _Node,
    places: float,
    tags: dict[Path, float],
    clocks: dict[Path, float],
    *,
    first: bool,
) -> str:
    """One place for one flow: its id. The counts, tags and clocks go on."""
    way = [root]
    while way[-1].children:
        node = way[-1]
        clock = clocks.get(node.path, 0.0)
        able = [each for each in node.children if each.wants(first=first)]
        whole = sum(each.weight for each in able)
        starts = [max(tags.get(each.path, 0.0), clock) for each in able]
        number = _next(able, places / whole, starts)
        child, start = able[number], starts[number]
        tags[child.path] = start + 1 / child.weight
        if not first:
            # Who was passed over by a completion is not to pay for it.
            clocks[node.path] = start
        places = max(1.0, places * child.weight / whole)
        way.append(child)
    for node in way:
        node.ready -= 1
        node.completions -= first
        node.held += 1
    return str(way[-1].path[-1])


def _next(able: list[_Node], places_each: float, starts: list[float]) -> int:
    """Who has the earliest deadline; without deadlines, who was served least."""
    numbers = range(len(able))
    dated = [(e.deadline, starts[n], n) for n, e in enumerate(able) if e.deadline]
    if dated:
        return min(dated)[-1]
    # One more than its share: half a place is one every other time.
    below = [n for n in numbers if able[n].held <= ceil(places_each * able[n].weight)]
    return min(below or numbers, key=starts.__getitem__)


def by_flow(order: Iterable[str]) -> dict[str, int]:
    """How many places each flow has got."""
    counts: defaultdict[str, int] = defaultdict(int)
    for data_flow_id in order:
        counts[data_flow_id] += 1
    return dict(counts)
