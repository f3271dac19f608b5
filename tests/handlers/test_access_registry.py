"""Registrations: replaced, forgotten, found by name, and never with a secret."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from domain.control_plane.messages import ControlPlaneRegistrationMessage
from domain.errors import StorageError, UnknownControlPlaneError
from domain.message import Recorded
from domain.names import control_plane_stream
from eventlog import EventLog
from handlers.access import configuration
from handlers.access.control_planes import ControlPlanes
from handlers.secret_store import SecretStore
from handlers.settings import Settings

ONE, OTHER = "control-1", "control-2"
SECRET, NEWER = "planted-first-secret", "planted-second-secret"


@pytest.fixture
def planes(log: EventLog) -> ControlPlanes:
    """Give a plane that knows nobody."""
    return ControlPlanes(log, SecretStore(log.pool, bytes(32)))


def message(
    control_plane_id: str = ONE, **changes: Any
) -> ControlPlaneRegistrationMessage:
    usual = {"controlplaneId": control_plane_id, "endpoint": "https://c.example"}
    return ControlPlaneRegistrationMessage.read({**usual, **changes})


def credentials(secret: str = SECRET) -> dict[str, Any]:
    return {
        "type": "oauth2_client_credentials",
        "tokenEndpoint": "https://auth.example/token",
        "clientId": "client",
        "clientSecret": secret,
    }


def exchange(**changes: str) -> dict[str, Any]:
    usual = {
        "type": "oauth2_token_exchange",
        "tokenExchangeEndpoint": "https://auth.example/token",
        "issuer": "https://auth.example",
        "jwksUri": "https://auth.example/keys",
    }
    return {**usual, **changes}


async def story(planes: ControlPlanes) -> list[Recorded]:
    return await planes.log.load(control_plane_stream(ONE))


async def sealed(planes: ControlPlanes) -> int:
    async with planes.log.pool.connection() as connection:
        rows = await connection.execute(
            "SELECT (SELECT count(*) FROM secret.sealed)"
            " + (SELECT count(*) FROM secret.data_key)"
        )
        row = await rows.fetchone()
    assert row is not None
    return int(row[0])


async def secret_of(planes: ControlPlanes) -> str | None:
    plane = await planes.get(ONE)
    assert plane is not None
    found = await planes.client_secret(plane)
    return found.get_secret_value() if found else None


async def test_the_same_again_is_not_recorded_again(planes: ControlPlanes) -> None:
    said = message(authorization=credentials())
    assert await planes.register(said, "operator")
    assert not await planes.register(said, "operator")
    (recorded,) = await story(planes)
    assert recorded.metadata.actor == "operator"
    assert SECRET not in recorded.model_dump_json()
    assert await sealed(planes) == 2


async def test_another_secret_replaces_the_first_and_leaves_nothing_of_it(
    planes: ControlPlanes,
) -> None:
    await planes.register(message(authorization=credentials()), "operator")
    before = await planes.get(ONE)
    assert before is not None
    newer = message(authorization=credentials(NEWER))
    assert await planes.register(newer, "operator")
    assert await secret_of(planes) == NEWER
    assert await sealed(planes) == 2
    with pytest.raises(StorageError):
        await planes.client_secret(before)


async def test_without_authorization_the_secret_goes(planes: ControlPlanes) -> None:
    await planes.register(message(authorization=credentials()), "operator")
    await planes.register(message(), "operator")
    assert await secret_of(planes) is None
    assert await sealed(planes) == 0


async def test_a_deregistration_destroys_the_secret(planes: ControlPlanes) -> None:
    await planes.register(message(authorization=credentials()), "operator")
    await planes.deregister(ONE, "operator")
    assert await planes.get(ONE) is None
    assert await planes.all() == []
    assert await sealed(planes) == 0
    with pytest.raises(UnknownControlPlaneError):
        await planes.deregister(ONE, "operator")
    await planes.register(message(authorization=credentials()), "operator")
    assert await secret_of(planes) == SECRET


async def test_of_many_at_once_one_stands_with_its_secret(
    planes: ControlPlanes,
) -> None:
    said = [message(authorization=credentials(f"{SECRET}-{n}")) for n in range(3)]
    await asyncio.gather(*(planes.register(each, "operator") for each in said))
    assert await secret_of(planes) in [f"{SECRET}-{n}" for n in range(3)]
    assert await sealed(planes) == 2


async def test_a_control_plane_is_found_by_what_its_tokens_say(
    planes: ControlPlanes,
) -> None:
    await planes.register(message(authorization=exchange(principal="urn:p")), "o")
    await planes.register(message(OTHER, authorization=exchange()), "o")
    for name, expected in ((ONE, ONE), ("urn:p", ONE), (OTHER, OTHER), ("x", None)):
        found = await planes.named(name)
        assert (found and found.control_plane_id) == expected


async def test_a_principal_that_is_gone_or_shared_means_nobody(
    planes: ControlPlanes,
) -> None:
    await planes.register(message(authorization=exchange(principal="urn:p")), "o")
    await planes.register(
        message(OTHER, authorization=exchange(principal="urn:p")), "o"
    )
    assert await planes.named("urn:p") is None
    await planes.register(message(authorization=exchange(principal="urn:q")), "o")
    found = await planes.named("urn:p")
    assert found is not None
    assert found.control_plane_id == OTHER


async def test_a_principal_cannot_take_another_ones_id(planes: ControlPlanes) -> None:
    await planes.register(message(authorization=exchange()), "o")
    await planes.register(message(OTHER, authorization=exchange(principal=ONE)), "o")
    found = await planes.named(ONE)
    assert found is not None
    assert found.control_plane_id == ONE


def write(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value))
    return path


def settings(**changes: Any) -> Settings:
    return Settings(**changes)


async def test_a_file_is_registered_at_each_start(
    planes: ControlPlanes, tmp_path: Path
) -> None:
    entry: Mapping[str, Any] = {
        "controlplaneId": ONE,
        "endpoint": "https://c.example",
        "authorization": credentials(),
    }
    file = write(tmp_path / "planes.json", [entry])
    for _ in range(2):
        await configuration.apply(planes, settings(control_planes_file=file))
    (recorded,) = await story(planes)
    assert recorded.metadata.actor == "configuration"
    assert await secret_of(planes) == SECRET


@pytest.mark.parametrize("wrong", [{}, [{"endpoint": SECRET}], [SECRET], None])
def test_a_wrong_file_is_refused_without_repeating_it(
    tmp_path: Path, wrong: object
) -> None:
    with pytest.raises(ValueError, match=r"^planes\.json") as raised:
        configuration.read_file(write(tmp_path / "planes.json", wrong))
    assert SECRET not in str(raised.value)


async def test_in_development_there_is_one_control_plane_if_it_has_an_address(
    planes: ControlPlanes, caplog: pytest.LogCaptureFixture
) -> None:
    await configuration.apply(planes, settings(authorization="development"))
    assert "AUTHORIZATION IS OFF" in caplog.text
    assert await planes.all() == []
    chosen = settings(authorization="development", control_plane_url="http://c:1/x")
    await configuration.apply(planes, chosen)
    (plane,) = await planes.all()
    assert (plane.control_plane_id, plane.endpoint) == ("development", "http://c:1/x")
