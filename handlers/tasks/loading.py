"""A task and its flow, from the log."""

from dataclasses import dataclass

from domain.names import data_flow_stream, task_stream
from domain.task.life import Life, life_of
from eventlog import EventLog


@dataclass(frozen=True)
class Loaded:
    """`version` is that of the task's own stream."""

    life: Life | None
    version: int


async def load(log: EventLog, task_id: str) -> Loaded:
    """With what its flow, which has the same id, has done."""
    own = task_stream(task_id)
    recorded = await log.load_many([own, data_flow_stream(task_id)])
    mine = [each for each in recorded if each.stream == own]
    life = life_of(mine)
    if life is not None and life.task.data_flow_id is not None:
        life = life_of(recorded)
    return Loaded(life, mine[-1].version if mine else 0)
