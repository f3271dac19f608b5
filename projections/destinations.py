"""What should be at the destinations, by the report: for whoever looks there."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final, LiteralString

import psycopg
from psycopg.rows import class_row

from projections.rows import key

_COPIED: Final[LiteralString] = """
    SELECT o.data_flow_id, o.destination_key AS key, o.size_bytes,
        o.destination_etag AS etag, o.crc64nvme,
        f.destination #>> '{fields,bucket}' AS bucket,
        f.destination #>> '{fields,endpoint_url}' AS endpoint_url
    FROM read_model.object_report AS o
    JOIN read_model.flow_status AS f USING (data_flow_id)
    WHERE o.outcome = 'copied' AND f.destination ->> 'mechanism' = 's3'
      AND (%(flow)s::text IS NULL OR o.data_flow_id = %(flow)s)
"""
_ALL: Final[LiteralString] = f"{_COPIED} ORDER BY o.data_flow_id, o.position, o.place"
_SOME: Final[LiteralString] = f"{_COPIED} ORDER BY random() LIMIT %(sample)s"


@dataclass(frozen=True)
class Expected:
    """An object that a flow has copied (bytes); None or empty: nobody knows."""

    data_flow_id: str
    key: str
    size_bytes: int
    etag: str | None
    crc64nvme: str | None
    bucket: str | None
    endpoint_url: str | None


async def expected(
    database_url: str, flow: str | None, sample: int | None
) -> AsyncGenerator[Expected]:
    """What S3 destinations should hold: of one flow or of all, some or everything."""
    values = {"flow": key(flow) if flow else None, "sample": sample}
    query = _ALL if sample is None else _SOME
    async with (
        await psycopg.AsyncConnection.connect(database_url) as connection,
        connection.cursor("expected", row_factory=class_row(Expected)) as cursor,
    ):
        await cursor.execute(query, values)
        async for each in cursor:
            yield each
