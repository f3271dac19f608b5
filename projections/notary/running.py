"""The notary in the projections process, where there is a key for it."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from psycopg_pool import AsyncConnectionPool

from eventlog.follower import Follower
from projections.notary.sealing import Notary
from projections.notary.telling import Telling
from projections.settings import Settings

log = logging.getLogger(__name__)


@asynccontextmanager
async def notary_of(
    settings: Settings, pool: AsyncConnectionPool
) -> AsyncGenerator[tuple[Follower, ...]]:
    """What seals the log and tells the witness; nothing where no key file is named."""
    if settings.notary_key_file is None:
        log.warning("the log is not sealed: there is no WAYBILL_NOTARY_KEY_FILE")
        yield ()
        return
    async with Telling.open(pool, settings.nats_url) as telling:
        notary = Notary(settings.notary_key_file, telling.recall)
        yield (notary.follower(pool, telling.tell, settings.notary_seconds),)
