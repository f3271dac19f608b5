"""A log with all its read models, in a database of the test's own."""

from collections.abc import AsyncIterator

import pytest

from tests.projections.story import Story, story_in


@pytest.fixture
async def story(database: str) -> AsyncIterator[Story]:
    """Give an empty log."""
    async with story_in(database) as story:
        yield story
