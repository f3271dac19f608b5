"""What docs/projections.md says of adding a read model is what is done here."""

import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import cast

import pytest

from projections.catalogue import READ_MODELS
from projections.positions import lags
from projections.read_model import ReadModel
from projections.rebuild import rebuild
from projections.replay import replay
from tests.projections.events import started, terms
from tests.projections.story import Story

DOCUMENT = Path(__file__).parents[2] / "docs/projections.md"
PACKAGE = "added_later"


def block(language: str) -> str:
    """The only example in that language."""
    pattern = rf"(?ms)^   ```{language}\n(.*?)^   ```$"
    (found,) = re.findall(pattern, DOCUMENT.read_text())
    return dedent(found)


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadModel]:
    """Give the document's read model, in a package of its own, in the catalogue."""
    package = tmp_path / PACKAGE
    (package / "sql").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "sql" / "0101_dataset_use.sql").write_text(block("sql"))
    (package / "dataset_use.py").write_text(block("python"))
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module(f"{PACKAGE}.dataset_use")
    model = replace(cast("ReadModel", module.READ_MODEL), package=PACKAGE)
    monkeypatch.setitem(cast("dict[str, ReadModel]", READ_MODELS), model.name, model)
    yield model
    for name in [each for each in sys.modules if each.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


async def test_one_that_is_added_later_has_all_of_history(
    story: Story, added: ReadModel
) -> None:
    await story.happened(
        *(started(f"a{n}", terms=terms(dataset_id="a")) for n in range(3)),
        started("b", terms=terms(dataset_id="b")),
    )
    await rebuild(story.url, [added.name])
    used = {row["dataset_id"]: row["flows"] for row in await story.rows(added.name)}
    assert used == {"a": 3, "b": 1}
    # The projector goes on with it, and everything that there is for the others is
    # there for it.
    await story.happened(started("b2", terms=terms(dataset_id="b")))
    await story.project()
    used = {row["dataset_id"]: row["flows"] for row in await story.rows(added.name)}
    assert used == {"a": 3, "b": 2}
    async with story.log.pool.connection() as connection:
        assert (await lags(connection))[added.name].positions == 0
    (compared,) = [each async for each in replay(story.url, [added.name])]
    assert compared.different == 0  # type: ignore[union-attr]
