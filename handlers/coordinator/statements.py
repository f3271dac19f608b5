"""What events do to the dispatcher's rows, in SQL."""

from typing import Final, LiteralString

NEW_FLOW: Final = (
    "INSERT INTO work.flow (data_flow_id, state, moves_data, agreement_id, gate,"
    "  tenant, priority, timing)"
    " VALUES (%(flow)s, %(state)s, %(moves)s, %(agreement)s, %(gate)s,"
    "  %(tenant)s, %(priority)s, %(timing)s)"
)
PRIORITIZED: Final = (
    "UPDATE work.flow SET priority = %(priority)s WHERE data_flow_id = %(flow)s"
)
DEFERRED: Final = (
    "UPDATE work.flow SET deferred_until = %(until)s WHERE data_flow_id = %(flow)s"
)
# Its tasks were taken out of the queue.
TAKEN_UP: Final = (
    "WITH taken AS (UPDATE work.flow SET deferred_until = NULL"
    "  WHERE data_flow_id = %(flow)s AND deferred_until IS NOT NULL RETURNING *)"
    " UPDATE work.segment s SET state = 'ready', epoch = epoch + 1 FROM taken"
    " WHERE s.data_flow_id = taken.data_flow_id AND s.state = 'queued'"
)
MISSED: Final = (
    "UPDATE work.flow SET deadline_missed = true WHERE data_flow_id = %(flow)s"
)
# Whatever else had failed: for this it ends.
FAILED_FOR: Final = (
    "UPDATE work.flow SET ended = true, failure_code = %(code)s,"
    " failure_detail = %(detail)s WHERE data_flow_id = %(flow)s"
)
APPROVED: Final = "UPDATE work.flow SET gate = 'approved' WHERE data_flow_id = %(flow)s"
STATE: Final = (
    "UPDATE work.flow SET state = %(state)s WHERE data_flow_id = %(flow)s"
    " AND state <> 'stopped'"
)
READY: Final = (
    "UPDATE work.flow SET state = CASE state WHEN 'preparing' THEN 'prepared'"
    "  WHEN 'starting' THEN 'running' ELSE state END WHERE data_flow_id = %(flow)s"
)
# Only of a flow that stood still: a resume may bring an address to one that runs.
REQUEUE: Final = (
    "UPDATE work.segment s SET state = 'ready', epoch = epoch + 1 FROM work.flow f"
    " WHERE s.data_flow_id = %(flow)s AND s.state = 'queued'"
    " AND f.data_flow_id = s.data_flow_id"
    " AND (f.state = 'suspended' OR f.waiting_code IS NOT NULL)"
)
RESUMED: Final = (
    "UPDATE work.flow SET resumes = resumes + 1, waiting_code = NULL,"
    " waiting_side = NULL, waiting_detail = NULL WHERE data_flow_id = %(flow)s"
)
# What was found out before the last resume is old news.
WAITING: Final = (
    "UPDATE work.flow SET waiting_code = %(code)s, waiting_side = %(side)s,"
    " waiting_detail = %(detail)s WHERE data_flow_id = %(flow)s"
    " AND resumes = %(resumes)s AND waiting_code IS NULL"
)
OBJECT: Final = (
    "INSERT INTO work.object (data_flow_id, object_id, planned, route, segments)"
    " SELECT %(flow)s, %(object)s, %(planned)s, %(route)s, %(segments)s"
    " WHERE EXISTS (SELECT FROM work.flow WHERE data_flow_id = %(flow)s)"
)
UPLOAD: Final = (
    "UPDATE work.object SET upload_id = %(upload)s, state = %(state)s"
    " WHERE data_flow_id = %(flow)s AND object_id = %(object)s"
)
SEGMENT: Final = (
    "INSERT INTO work.segment (data_flow_id, segment_id, kind, object_id, state)"
    " SELECT %(flow)s, %(segment)s, %(kind)s, %(object)s, %(state)s"
    " WHERE EXISTS (SELECT FROM work.flow WHERE data_flow_id = %(flow)s)"
)
# Deletions wait for all copies, and are then either begun or given up.
SETTLED: Final = (
    "UPDATE work.segment SET state = %(state)s WHERE data_flow_id = %(flow)s"
    " AND kind = 'deletion' AND state = 'withheld'"
)
COMPLETING: Final = (
    "UPDATE work.object SET state = 'completing'"
    " WHERE data_flow_id = %(flow)s AND object_id = %(object)s"
)
PAGE: Final = (
    "UPDATE work.flow SET objects = objects + %(objects)s,"
    " size_bytes = size_bytes + %(size)s, held_objects = held_objects + %(held)s"
    " WHERE data_flow_id = %(flow)s"
)
# Of an approved plan. From here on its own row tells that it is unfinished.
UNHELD: Final = (
    "UPDATE work.flow SET held_objects = held_objects - 1"
    " WHERE data_flow_id = %(flow)s AND held_objects > 0"
)
FLAG: Final[dict[str, LiteralString]] = {
    "planned": "UPDATE work.flow SET planned = true WHERE data_flow_id = %(flow)s",
    "ended": "UPDATE work.flow SET ended = true WHERE data_flow_id = %(flow)s",
}
SEGMENT_STATE: Final = (
    "UPDATE work.segment SET state = %(state)s"
    " WHERE data_flow_id = %(flow)s AND segment_id = %(segment)s"
)
PARKED: Final = (
    "UPDATE work.segment SET state = 'ready', epoch = epoch + 1"
    " WHERE data_flow_id = %(flow)s AND segment_id = %(segment)s"
)
DONE: Final = (
    "WITH over AS (UPDATE work.segment SET state = 'done'"
    "  WHERE data_flow_id = %(flow)s AND segment_id = %(segment)s RETURNING *)"
    " UPDATE work.object o SET"
    "  segments_done = segments_done + (over.kind = 'parts')::int,"
    "  state = CASE WHEN over.kind = 'completion' THEN 'completed' ELSE o.state END"
    " FROM over WHERE o.data_flow_id = over.data_flow_id"
    " AND o.object_id = over.object_id"
)
# A large object fails once, with the first of its segments that does.
FAILED: Final = (
    "WITH over AS (UPDATE work.segment SET state = 'failed'"
    "  WHERE data_flow_id = %(flow)s AND segment_id = %(segment)s RETURNING *)"
    " UPDATE work.object o SET state = 'failed' FROM over"
    " WHERE o.data_flow_id = over.data_flow_id AND o.object_id = over.object_id"
)
FAILURES: Final = (
    "UPDATE work.flow SET failed_objects = failed_objects + %(count)s,"
    " failed_bytes = failed_bytes + %(size)s,"
    " failure_code = coalesce(failure_code, %(code)s),"
    " failure_detail = coalesce(failure_detail, %(detail)s)"
    " WHERE data_flow_id = %(flow)s"
)
