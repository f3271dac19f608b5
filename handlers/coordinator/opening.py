"""Opens where the keys of a flow come from, as its options say."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from domain.data_flow import DataFlow
from eventlog import EventLog
from handlers.commands.handle import load
from handlers.coordinator.ahead import reading_ahead
from handlers.coordinator.failures import FailedNames
from handlers.coordinator.manifests import ManifestNames, flow_to_manifest
from handlers.coordinator.origins import Listing, Named, Origin
from handlers.coordinator.places import Places
from handlers.copiers import Copiers
from handlers.ports import Copier


@asynccontextmanager
async def origin_of(
    flow: DataFlow, copier: Copier, copiers: Copiers, log: EventLog
) -> AsyncGenerator[Origin]:
    """The listing, unless a manifest or an earlier flow names the objects."""
    options, places = flow.options, Places.of(flow)
    if options.manifest is not None:
        there = flow_to_manifest(flow, options.manifest)
        async with copiers.reading(there) as end:
            names = ManifestNames(end, options.manifest, flow.source)
            yield Named(names, copier.source, places)
    elif options.failed_of is not None:
        earlier, _ = await load(log, options.failed_of)
        failed = FailedNames(log, options.failed_of, earlier.destination)
        yield Named(failed, copier.source, places)
    else:
        async with reading_ahead(copier.source) as ahead:
            yield Listing(ahead, places, finite=options.finite)
