"""What a read model is to the machinery: a name, tables, and how a page is applied."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from domain.message import Recorded
from eventlog.follower import Apply

LIVE, REBUILD = "read_model", "read_model_rebuild"

_FIRST_ON_PATH = """
    SELECT set_config('search_path', %s || ', ' || current_setting('search_path'), true)
"""


@dataclass(frozen=True)
class ReadModel:
    """One question, answered by the rows of `tables`.

    `apply` names its tables without a schema: it runs for the live ones and for those
    of a rebuild. It may read the log, but only up to the page that it is given.
    """

    name: str
    tables: tuple[str, ...]
    apply: Apply

    def apply_in(self, schema: str) -> Apply:
        """`apply`, for the tables of a schema."""

        async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
            await put_first(connection, schema)
            await self.apply(connection, page)

        return apply

    async def create(self, connection: AsyncConnection, schema: str) -> None:
        """Make the tables anew in a schema. To be called inside a transaction."""
        await put_first(connection, schema)
        for table in self.tables:
            name = Identifier(schema, table)
            await connection.execute(SQL("DROP TABLE IF EXISTS {}").format(name))
        await _run_file(connection, self.name)


async def create_schema(connection: AsyncConnection, schema: str) -> None:
    """Make a schema and its positions where they are missing. Inside a transaction."""
    query = SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(schema))
    await connection.execute(query)
    await put_first(connection, schema)
    await _run_file(connection, "schema")


async def put_first(connection: AsyncConnection, schema: str) -> None:
    """Let names without a schema mean this one's, to the end of the transaction."""
    await connection.execute(_FIRST_ON_PATH, (schema,), prepare=True)


async def _run_file(connection: AsyncConnection, name: str) -> None:
    files = (resources.files("projections") / "sql").iterdir()
    # A table, then what later versions have added to it.
    for file in sorted(files, key=lambda each: each.name):
        if file.name.endswith(f"_{name}.sql"):
            await connection.execute(file.read_text("utf-8").encode())
