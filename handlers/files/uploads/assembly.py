"""Puts the pieces of resumable uploads together, for the file server."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from aiohttp import web

from domain.upload import Phase
from handlers.files.house import Annex, House
from handlers.files.uploads.appending import Appending
from handlers.files.uploads.chunks import ChunkRoutes
from handlers.files.uploads.completing import Completing
from handlers.files.uploads.cors import Cors
from handlers.files.uploads.expiry import Expiry
from handlers.files.uploads.receiving import Receiving
from handlers.files.uploads.service import Uploads
from handlers.files.uploads.settings import UploadSettings
from handlers.files.uploads.tus import TusRoutes


@dataclass(frozen=True)
class Uploading:
    """Both protocols, and what goes on beside them."""

    uploads: Uploads
    chunks: ChunkRoutes
    tus: TusRoutes
    expiry: Expiry
    cors: Cors

    @classmethod
    def of(cls, house: House, settings: UploadSettings) -> Self:
        """In this house."""
        uploads = Uploads(house, settings)
        completing = Completing(uploads)
        receiving, appending = Receiving(uploads), Appending(uploads, completing)
        return cls(
            uploads,
            ChunkRoutes(house, uploads, receiving, completing),
            TusRoutes(house, uploads, appending, completing),
            Expiry(uploads, completing),
            Cors(settings.upload_cors_origins),
        )

    def routes(self) -> list[web.RouteDef]:
        """Those of both protocols."""
        return [*self.chunks.routes(), *self.tus.routes()]

    def attach(self, app: web.Application) -> None:
        """What every answer of these routes says."""
        self.tus.attach(app)
        self.cors.attach(app)

    async def lives(self, upload_id: str) -> bool:
        """Whether it may still go on: then nobody else may remove its bytes."""
        entry = await self.uploads.journals.read(upload_id)
        return entry.state.phase in (Phase.OPEN, Phase.SEALED)


@asynccontextmanager
async def uploads(house: House) -> AsyncGenerator[Annex]:
    """The annex of the file server. Raises ValueError for settings that cannot be."""
    made = Uploading.of(house, UploadSettings())
    duties = (made.expiry.follower().run, made.expiry.run)
    yield Annex(made.routes(), duties, made.lives, made.attach)
