"""Who is served next: users first, and of a user's uploads each in turn, in bytes.

Start-time fair queueing on both levels: who is served gets a tag that grows by the
bytes of what is served, and the smallest tag is next. Who was away comes back at the
tag of who is being served: nothing is saved up, and nobody is made to pay for having
been alone. So a user with one upload gets as much as one with thirty-two.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Path = tuple[str, ...]


@dataclass(frozen=True)
class Want:
    """Somebody who waits: to have so many bytes of this upload taken."""

    user_id: str
    upload_id: str
    size_bytes: int


@dataclass(frozen=True)
class Ledger:
    """How much was served: of each user and upload its tag, of each parent a clock."""

    tags: Mapping[Path, float] = field(default_factory=dict[Path, float])
    clocks: Mapping[Path, float] = field(default_factory=dict[Path, float])

    def start(self, path: Path) -> float:
        """From where it would be served now."""
        return max(self.tags.get(path, 0.0), self.clocks.get(path[:-1], 0.0))


@dataclass(frozen=True)
class Places:
    """How many may be served at once, and of one upload while one user is alone.

    `recent` are users that were served a moment ago, and how many places each had or
    wanted then: who sends one chunk after the other has nothing waiting in between, and
    finds its share of the places all the same.
    """

    count: int
    per_upload: int
    recent: Mapping[str, int] = field(default_factory=dict[str, int])


def next_of(
    waiting: Sequence[Want], held: Sequence[Want], places: Places, ledger: Ledger
) -> int | None:
    """The number of who is next in `waiting`, which is in the order of arrival.

    None where no place is free for any of them.
    """
    if len(held) >= places.count:
        return None
    uploads = Counter(each.upload_id for each in held)
    users = Counter(each.user_id for each in held)
    kept = _kept(waiting, users, places)

    # Among several users their shares decide, and not how many places one upload has:
    # whose chunks take longer would have less than its share otherwise.
    compete = len({each.user_id for each in (*held, *waiting)}) > 1
    most = max(places.per_upload, places.count - 1) if compete else places.per_upload

    def may(want: Want) -> bool:
        if uploads[want.upload_id] >= most:
            return False
        others = kept.total() - kept[want.user_id]
        # A user's first place is not kept from it for somebody who is away.
        return not users[want.user_id] or len(held) + others < places.count

    able = [number for number, want in enumerate(waiting) if may(want)]
    if not able:
        return None
    return min(able, key=lambda number: _rank(waiting[number], ledger, number))


def _kept(waiting: Sequence[Want], held: Counter[str], places: Places) -> Counter[str]:
    """The places that stay free for users that will be back in a moment."""
    present = held + Counter(each.user_id for each in waiting)
    fair = places.count // max(1, len(present.keys() | places.recent.keys()))
    return +Counter(
        {user: min(most, fair) - present[user] for user, most in places.recent.items()}
    )


def _rank(want: Want, ledger: Ledger, number: int) -> tuple[float, float, int]:
    user, upload = (want.user_id,), (want.user_id, want.upload_id)
    return ledger.start(user), ledger.start(upload), number


def served(ledger: Ledger, want: Want) -> Ledger:
    """The ledger after this was served; it forgets what decides nothing any more."""
    tags, clocks = dict(ledger.tags), dict(ledger.clocks)
    for path in ((want.user_id,), (want.user_id, want.upload_id)):
        start = ledger.start(path)
        tags[path] = start + want.size_bytes
        clocks[path[:-1]] = start
    kept = {
        path: tag
        for path, tag in tags.items()
        if tag > clocks.get(path[:-1], 0.0) and tags[path[:1]] > clocks.get((), 0.0)
    }
    clocks = {path: clock for path, clock in clocks.items() if not path or path in kept}
    return Ledger(kept, clocks)


def displaced(waiting: Sequence[Want], newcomer: Want) -> int | None:
    """The number of who must leave a full queue for the newcomer; None: it is refused.

    The last of whoever has most there, unless the newcomer has nearly as much.
    """
    counts = Counter(each.user_id for each in waiting)
    if not counts:
        return None
    greediest = max(counts, key=lambda user: counts[user])
    if counts[greediest] <= counts[newcomer.user_id] + 1:
        return None
    numbers = range(len(waiting) - 1, -1, -1)
    return next(n for n in numbers if waiting[n].user_id == greediest)
