"""What a read model is to the machinery: a name, tables, and how a page is applied."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from domain.message import Event, Recorded
from domain.topics import UPCASTERS
from eventlog.follower import Applied, Apply, Follower, Read
from eventlog.mapper import to_recorded
from eventlog.waking import Pace

_HERE = "projections"
LIVE, REBUILD = "read_model", "read_model_rebuild"
# Under load: quick enough for whoever looks at it, and a fraction of the work.
PACE = Pace(idle_seconds=0.5, every_seconds=0.05, loaded_seconds=0.4)

_FIRST_ON_PATH = """
    SELECT set_config('search_path', %s || ', ' || current_setting('search_path'), true)
"""


@dataclass(frozen=True)
class ReadModel:
    """One question, answered by the rows of `tables`.

    `apply` names its tables without a schema: it runs for the live ones and for those
    of a rebuild. It may read the log, but only up to the page that it is given.
    `begin` makes it, once per follower, so that it may remember what it has read.
    Events of other `topics` need not be read; None is all. `read` is the follower's.
    Where it `only_adds`, a row never changes, and says nothing new the second time.
    Its `NNNN_<name>.sql` files are in the folder `sql` of `package`.
    """

    name: str
    tables: tuple[str, ...]
    begin: Callable[[], Apply]
    topics: frozenset[str] | None = None
    read: Read = to_recorded
    package: str = _HERE
    only_adds: bool = False

    @classmethod
    def of(
        cls, name: str, tables: tuple[str, ...], apply: Apply, *events: type[Event]
    ) -> "ReadModel":
        """One that remembers nothing; `events` are those that it looks at."""
        return cls(name, tables, lambda: apply, topics_of(events) if events else None)

    def follower(
        self, pool: AsyncConnectionPool, schema: str, applied: Applied | None = None
    ) -> Follower:
        """What keeps the tables of a schema."""
        apply_here = self.begin()

        async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
            await put_first(connection, schema)
            await apply_here(connection, page)

        return Follower(
            pool,
            self.name,
            schema,
            apply,
            applied,
            topics=self.topics,
            pace=PACE,
            read=self.read,
        )

    async def create(self, connection: AsyncConnection, schema: str) -> None:
        """Make the tables anew in a schema. To be called inside a transaction."""
        await put_first(connection, schema)
        for table in self.tables:
            name = Identifier(schema, table)
            await connection.execute(SQL("DROP TABLE IF EXISTS {}").format(name))
        await _run_file(connection, self.name, self.package)


def topics_of(events: Iterable[type[Event]]) -> frozenset[str]:
    """The topics of these events, and the older ones that are read as them."""
    found = {each.TOPIC for each in events}
    while older := {t for t, (newer, _) in UPCASTERS.items() if newer in found} - found:
        found |= older
    return frozenset(found)


async def create_schema(connection: AsyncConnection, schema: str) -> None:
    """Make a schema and its positions where they are missing. Inside a transaction."""
    query = SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(schema))
    await connection.execute(query)
    await put_first(connection, schema)
    await _run_file(connection, "schema", _HERE)


async def put_first(connection: AsyncConnection, schema: str) -> None:
    """Let names without a schema mean this one's, to the end of the transaction."""
    await connection.execute(_FIRST_ON_PATH, (schema,), prepare=True)


async def _run_file(connection: AsyncConnection, name: str, package: str) -> None:
    files = (resources.files(package) / "sql").iterdir()
    # A table, then what later versions have added to it.
    for file in sorted(files, key=lambda each: each.name):
        if file.name.endswith(f"_{name}.sql"):
            await connection.execute(file.read_text("utf-8").encode())
