"""The broker, and the streams that it must have."""

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker
from nats.aio.client import Client
from nats.js.api import (
    ConsumerConfig,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from domain import names
from handlers.settings import Settings

SIGNALS = JStream(names.SIGNAL_STREAM, declare=False)
TASKS = JStream(names.TASK_STREAM, declare=False)

_DUPLICATE_WINDOW_SECONDS = 120
_MOST_PENDING = 10_000


def make_broker(settings: Settings, *, graceful_seconds: float = 10) -> NatsBroker:
    """A broker that never gives up its server, and never drops a failed message."""
    return NatsBroker(
        settings.nats_url,
        # A finite number leaves the pull task spinning once it is used up.
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        graceful_timeout=graceful_seconds,
        # The library's default deletes a message whose handler raises.
        ack_policy=AckPolicy.NACK_ON_ERROR,
        logger=None,
    )


def signal_consumer() -> ConsumerConfig:
    """How durable signals are delivered: in their order, so one at a time."""
    return ConsumerConfig(
        durable_name=names.SIGNAL_DURABLE,
        filter_subject=names.SIGNAL_SUBJECTS,
        ack_wait=30,
        max_ack_pending=1,
    )


def task_consumer(settings: Settings) -> ConsumerConfig:
    """How segments are delivered: again, when a worker was not heard of for a while."""
    return ConsumerConfig(
        durable_name=names.TASK_DURABLE,
        filter_subject=names.TASK_SUBJECTS,
        ack_wait=settings.ack_wait_seconds,
        max_ack_pending=_MOST_PENDING,
    )


async def provision(client: Client, settings: Settings) -> None:
    """Make the streams and consumers, or bring them up to date. Safe to repeat."""
    jetstream = client.jetstream()
    wanted = (
        (names.SIGNAL_STREAM, names.SIGNAL_SUBJECTS, signal_consumer()),
        (names.TASK_STREAM, names.TASK_SUBJECTS, task_consumer(settings)),
    )
    for stream, subjects, consumer in wanted:
        config = StreamConfig(
            name=stream,
            subjects=[subjects],
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            duplicate_window=_DUPLICATE_WINDOW_SECONDS,
        )
        await _ensure_stream(jetstream, config)
        await jetstream.add_consumer(stream, consumer)


async def _ensure_stream(jetstream: JetStreamContext, config: StreamConfig) -> None:
    assert config.name is not None  # noqa: S101 (given above)
    try:
        await jetstream.stream_info(config.name)
    except NotFoundError:
        await jetstream.add_stream(config)
    else:
        await jetstream.update_stream(config)
