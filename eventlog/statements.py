"""The log's own reads: the table is the library's, and these are what we ask of it."""

from typing import Final, LiteralString

_COLUMNS: Final[LiteralString] = (
    "notification_id, originator_id, originator_version, topic, state"
)

SELECT_STREAM: Final[LiteralString] = (
    f"SELECT {_COLUMNS} FROM waybill_events"
    " WHERE originator_id = %s AND originator_version > %s ORDER BY originator_version"
)
SELECT_STREAMS: Final[LiteralString] = (
    f"SELECT {_COLUMNS} FROM waybill_events"
    " WHERE originator_id = ANY(%s) ORDER BY notification_id"
)
SELECT_BEGINNINGS: Final[LiteralString] = (
    f"SELECT {_COLUMNS} FROM waybill_events"
    " WHERE originator_id = ANY(%s) AND originator_version <= 2"
)
SELECT_PAGE: Final[LiteralString] = (
    f"SELECT {_COLUMNS} FROM waybill_events"
    " WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
)
# What is not wanted is not even sent: only that it was there.
SELECT_PAGE_OF: Final[LiteralString] = (
    "SELECT notification_id, originator_id, originator_version, topic,"
    " CASE WHEN topic = ANY(%s) THEN state END FROM waybill_events"
    " WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
)
SELECT_HEAD: Final[LiteralString] = (
    "SELECT coalesce(max(notification_id), 0) FROM waybill_events"
)
