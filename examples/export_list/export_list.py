"""A policy check from outside: only these counter-parties may get or send data here."""

import asyncio
import os
from pathlib import Path

from handlers.policy import Question


class ExportList:
    """Reads `EXPORT_LIST`, a file with an id a line, at every question."""

    async def refusal(self, question: Question) -> str | None:
        """Why not; None: it may begin. A file that cannot be read asks again later."""
        listed = Path(os.environ["EXPORT_LIST"])
        allowed = (await asyncio.to_thread(listed.read_text, "utf-8")).split()
        party = question.terms.counter_party_id
        return None if party in allowed else "the counter-party is on no export list"
