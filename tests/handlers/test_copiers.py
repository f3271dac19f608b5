"""Ends of a flow, opened by whichever mechanism they are of, and what opens them."""

import pytest
from pydantic import SecretStr

from domain import data_flow
from domain.data_flow import DataFlow
from domain.errors import DataPlaneError, StorageError
from domain.location import Location
from domain.mechanisms.http import HttpAddress
from eventlog import EventLog
from handlers.copiers import Copiers
from handlers.mechanisms.http import HttpExecutor
from handlers.ports import Access
from handlers.secret_store import SecretStore
from tests import controls
from tests.handlers.http_sides import shelf

FLOW, REFERENCE = "flow-1", "flow-1/source/1"
TOKENS = {"authorization": SecretStr("token-0")}
RENEWED = {"authorization": SecretStr("token-1")}


class Peeking(HttpExecutor):
    """The real executor; a test sees what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Access] = []

    def open_source(self, location: Location, access: Access):  # type: ignore[no-untyped-def] # noqa: ANN201
        self.given.append(access)
        return super().open_source(location, access)


def flow_from(url: str, reference: str | None) -> DataFlow:
    place = HttpAddress.make(endpoint=f"{url}/f", key="f").location()
    started = controls.started(
        data_flow_id=FLOW,
        source=place.model_copy(update={"secret": reference}),
        destination=None,
    )
    return data_flow.evolve(data_flow.INITIAL, started)


async def test_an_end_is_opened_once_and_shared(log: EventLog) -> None:
    executor = Peeking()
    copiers = Copiers({"http": executor}, SecretStore(log.pool, bytes(32)))
    async with shelf(objects={"/f": b"abc"}) as (_, url):
        flow = flow_from(url, None)
        async with copiers.reading(flow) as one, copiers.reading(flow) as other:
            assert one is other
            assert (await one.store.head("")).size_bytes == 3
        async with copiers.reading(flow) as later:
            assert later is one
        await copiers.close()
    assert len(executor.given) == 1


async def test_a_side_that_is_not_named_cannot_be_opened(log: EventLog) -> None:
    copiers = Copiers({"http": HttpExecutor()}, SecretStore(log.pool, bytes(32)))
    with pytest.raises(DataPlaneError) as error:
        async with copiers.writing(flow_from("https://here", None)):
            pass
    assert error.value.code == "address.missing"


async def test_renewed_secrets_are_kept_while_the_flow_lives(log: EventLog) -> None:
    executor, store = Peeking(), SecretStore(log.pool, bytes(32))
    copiers = Copiers({"http": executor}, store)
    await store.put(FLOW, REFERENCE, TOKENS)
    async with copiers.reading(flow_from("https://here", REFERENCE)):
        (access,) = executor.given
    assert access.secrets == TOKENS
    assert access.counter_party_id == controls.terms().counter_party_id
    await access.keep(RENEWED)
    assert await access.again() == RENEWED
    assert await store.get(REFERENCE) == RENEWED
    # Nothing comes back of a flow whose secrets are destroyed.
    await store.destroy(FLOW)
    for late in (access.keep(RENEWED), access.again()):
        with pytest.raises(StorageError) as error:
            await late
        assert error.value.code == "storage.credentials-expired"
    with pytest.raises(StorageError):
        await store.get(REFERENCE)
    await copiers.close()
