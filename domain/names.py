"""Names on the bus and in the log: made and parsed here, spelled nowhere else."""

from datetime import date
from uuid import UUID, uuid5

_NAMESPACE = UUID("7c1f4e5a-6c0d-5a7e-9d61-0a9be0c1d2f3")

COMMAND_VERBS = (
    "prepare",
    "start",
    "started",
    "suspend",
    "resume",
    "terminate",
    "completed",
    "status",
    "approve",
    "prioritize",
)

# An operator's, by request only: what they carry must not wait on a disk.
REGISTER_CONTROL_PLANE, DEREGISTER_CONTROL_PLANE, LIST_CONTROL_PLANES = (
    "register-control-plane",
    "deregister-control-plane",
    "control-planes",
)

SET_LIMITS, CLEAR_LIMITS, LIST_LIMITS = "set-limits", "clear-limits", "limits"

# Users' tasks, which have nothing to do with the segments that are queued below.
SUBMIT_TASK, REPORT_TASK, CANCEL_TASK, DELETE_TASK, SHOW_TASK = (
    "submit-task",
    "report-task",
    "cancel-task",
    "delete-task",
    "task",
)

COMMANDS_QUEUE = "commands"
COMMAND_SUBJECTS = "waybill.command.*"
SIGNAL_STREAM, SIGNAL_SUBJECTS, SIGNAL_DURABLE = (
    "SIGNAL",
    "waybill.signal.*",
    "commands",
)
TASK_STREAM, TASK_SUBJECTS, TASK_DURABLE = "TASK", "waybill.task.>", "workers"
CONTROL_SUBJECTS = "waybill.control.*"
WORKER_SUBJECTS = "waybill.worker.*"
PROGRESS_SUBJECTS = "waybill.progress.*"
QUERY_SUBJECTS, QUERIES_QUEUE = "waybill.query.*", "queries"
QUERY_VERBS = ("progress", "report", "tasks")
LIMITS_SUBJECTS = "waybill.limits.*"
EVENT_STREAM, EVENT_SUBJECTS = "EVENT", "waybill.event.>"
WITNESS_STREAM, WITNESS_SUBJECTS = "WITNESS", "waybill.witness.>"
WITNESS_KEYS = "waybill.witness.key"


def stream_id(category: str, name: str) -> UUID:
    """The log's id of the stream `category/name`."""
    return uuid5(_NAMESPACE, f"{category}/{name}")


def data_flow_stream(data_flow_id: str) -> UUID:
    """The stream of the commands' outcomes."""
    return stream_id("data-flow", data_flow_id)


def transfer_stream(data_flow_id: str) -> UUID:
    """The stream of the plan and the totals."""
    return stream_id("transfer", data_flow_id)


def callback_stream(data_flow_id: str) -> UUID:
    """The stream of what was told to the control plane."""
    return stream_id("callback", data_flow_id)


def segment_stream(data_flow_id: str, segment_id: str) -> UUID:
    """The journal of one segment."""
    return stream_id("segment", f"{data_flow_id}/{segment_id}")


def archive_stream(data_flow_id: str) -> UUID:
    """The stream of what became of a finished flow's events."""
    return stream_id("archive", data_flow_id)


def reception_ledger(data_flow_id: str) -> UUID:
    """The stream that names a flow's uploads of parts."""
    return stream_id("reception", data_flow_id)


def reception_stream(data_flow_id: str, upload_id: str) -> UUID:
    """The journal of one upload."""
    return stream_id("reception-upload", f"{upload_id}/{data_flow_id}")


def delivery_stream(data_flow_id: str, door: str) -> UUID:
    """The journal of what one data door has served."""
    return stream_id("delivery", f"{door}/{data_flow_id}")


def file_stream(file_id: str) -> UUID:
    """The stream of a file's life; `file_id` is the SHA-256 of its bytes, in hex."""
    return stream_id("file", file_id)


def file_place_stream(place: str) -> UUID:
    """The stream of a place in a store that does not tell whose bytes stand there."""
    return stream_id("file-place", place)


def upload_stream(upload_id: str) -> UUID:
    """The journal of one resumable upload to the file store."""
    return stream_id("upload", upload_id)


def task_stream(task_id: str) -> UUID:
    """The stream of one task."""
    return stream_id("task", task_id)


def task_event_subject(service: str, what: str) -> str:
    """Where it is told what happened to the tasks of a service."""
    return f"waybill.event.task.{service}.{what}"


def control_plane_stream(control_plane_id: str) -> UUID:
    """The stream of a control plane's registrations."""
    return stream_id("control-plane", control_plane_id)


def data_plane_stream(url: str) -> UUID:
    """The stream of our own registrations at one place."""
    return stream_id("data-plane", url)


def access_stream(day: date, recorder: str) -> UUID:
    """The stream of a day's refusals; `recorder` is the process that notes them."""
    return stream_id("access", f"{day.isoformat()}/{recorder}")


def control_plane_secrets(control_plane_id: str) -> str:
    """What stands for the data flow's id where a control plane's secret is kept."""
    return f"control-plane/{control_plane_id}"


def control_plane_secret(control_plane_id: str, revision: str) -> str:
    """Where one revision of a control plane's secret is kept."""
    return f"{control_plane_stream(control_plane_id).hex}/client/{revision}"


def limits_stream() -> UUID:
    """The stream of the limits of all scopes."""
    return stream_id("limits", "all")


def endpoint_stream(endpoint: str) -> UUID:
    """The stream of what was learnt of a storage endpoint."""
    return stream_id("endpoint", endpoint)


def limits_subject() -> str:
    """Where workers hear that limits were changed."""
    return "waybill.limits.changed"


def command_subject(verb: str) -> str:
    """Request and reply: the answer comes back on the reply subject."""
    return f"waybill.command.{verb}"


def signal_subject(verb: str) -> str:
    """Durable: publish and go."""
    return f"waybill.signal.{verb}"


def query_subject(verb: str) -> str:
    """Request and reply, for what is read: it comes from the read models."""
    return f"waybill.query.{verb}"


def verb_of(subject: str) -> str:
    """The verb of a command's or signal's subject."""
    return subject.rsplit(".", 1)[-1]


def flow_token(data_flow_id: str) -> str:
    """A subject token for any data flow id: ids may hold dots, stars and spaces."""
    return stream_id("data-flow", data_flow_id).hex


def task_subject(kind: str, data_flow_id: str, segment_id: str) -> str:
    """Where a worker finds a segment to do."""
    return f"waybill.task.{kind}.{flow_token(data_flow_id)}.{segment_id}"


def control_subject(data_flow_id: str) -> str:
    """Where workers hear that a flow stops."""
    return f"waybill.control.{flow_token(data_flow_id)}"


def progress_subject(data_flow_id: str) -> str:
    """Throw-away ticks of a flow's progress."""
    return f"waybill.progress.{flow_token(data_flow_id)}"


def file_job_subject(what: str) -> str:
    """What becomes of an upload: `started`, `progress`, `completed` or `failed`."""
    return f"waybill.event.file.job.{what}"


def witness_subject(seal: int) -> str:
    """What the witness is told of one page of the log."""
    return f"waybill.witness.seal.{seal}"


def worker_subject(worker: str) -> str:
    """A worker's heartbeat."""
    return f"waybill.worker.{worker}"


def task_message_id(segment_id: str, data_flow_id: str, epoch: int) -> str:
    """What the broker de-duplicates a task by."""
    return f"{flow_token(data_flow_id)}/{segment_id}:{epoch}"


def secret_reference(data_flow_id: str, message_id: str, side: str) -> str:
    """Where a message's secret of one side is kept. Names the secret, tells nothing."""
    return f"{flow_token(data_flow_id)}/{side}/{stream_id('message', message_id).hex}"
