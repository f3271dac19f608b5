"""The plane makes itself known: for as long as it takes, and in the schema's form."""

import json
from typing import Any

import pytest

from domain import names
from domain.message import Recorded
from tests.authority import AUDIENCE, SECRET, Authority
from tests.domain import schema
from tests.scenarios import database
from tests.scenarios.ground import Ground
from tests.scenarios.listener import Listener
from tests.scenarios.plane import Plane
from waybill.embedded.ports import LOOPBACK, free_port

PUBLIC = "https://waybill.example/base"
AUTHORIZATION = {
    "type": "oauth2_client_credentials",
    "tokenEndpoint": "https://auth.example/token",
    "clientId": "control",
    "clientSecret": "planted-for-the-control-plane-77",
    "jwksUri": "https://auth.example/keys",
}


def settings(ground: Ground, *places: str, **changes: str) -> dict[str, str]:
    ground.home.mkdir()
    file = ground.home / "authorization.json"
    file.write_text(json.dumps(AUTHORIZATION))
    usual = {
        "register_at": ",".join(places),
        "register_labels": "gold, fast",
        "register_authorization_file": str(file),
        "public_url": f"{PUBLIC}/",
    }
    return {**usual, **changes}


async def recorded(plane: Plane, url: str, count: int = 1) -> list[Recorded]:
    async def there() -> list[Recorded] | None:
        found = await plane.log.load(names.data_plane_stream(f"{url}/dataplanes"))
        return found if len(found) >= count else None

    return await plane.until("the registration to be recorded", there)


def opened(ground: Ground, chosen: dict[str, str]) -> Any:
    return Plane.open(ground.home, ground.database_url, ground.nats_url, **chosen)


async def test_it_registers_until_the_control_plane_is_there(ground: Ground) -> None:
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    async with opened(ground, settings(ground, url)) as plane:
        plane.start("dispatcher")

        async def tried() -> bool:
            return "registration was not taken" in plane.output("dispatcher")

        await plane.until("a first attempt", tried)
        async with Listener.open(port) as control:
            control.judge = lambda _: 200 if len(control.heard) >= 2 else 503
            (event,) = await recorded(plane, url)
            assert control.statuses == [503, 503, 200]
            bodies = [each.body for each in control.heard]
            assert bodies == [bodies[0]] * 3
            assert {(e.method, e.path) for e in control.heard} == {
                ("PUT", "/dataplanes")
            }
            await plane.stop("dispatcher")
            plane.start("dispatcher")

            async def again() -> bool:
                return len(control.heard) == 4

            await plane.until("the registration at the next start", again)
        await plane.stop("dispatcher")
        assert await recorded(plane, url) == [event]
        assert_is_ours(bodies[0], PUBLIC)
        assert event.event.model_dump() == {
            "url": f"{url}/dataplanes",
            "dataplane_id": "waybill",
            "endpoint": PUBLIC,
            "profiles": tuple(bodies[0]["profiles"]),
        }
        texts = {n: repr(rows) for n, rows in (await database.dump(plane)).items()}
        texts["log"] = plane.output("dispatcher")
        secret = AUTHORIZATION["clientSecret"]
        assert [where for where, text in texts.items() if secret in text] == []


def assert_is_ours(body: dict[str, Any], endpoint: str) -> None:
    assert schema.errors("DataPlaneRegistrationMessage", body) == []
    assert body["dataplaneId"] == "waybill"
    assert body["endpoint"] == endpoint
    assert "AmazonS3-PUSH" in body["profiles"]
    assert body["transferTypes"] == body["profiles"]
    assert body["labels"] == ["gold", "fast"]
    assert body["authorization"] == AUTHORIZATION


async def test_several_places_hear_of_it_and_edc_with_the_path(ground: Ground) -> None:
    async with Listener.open() as one, Listener.open() as other:
        chosen = settings(
            ground,
            register_at=json.dumps([f"{one.url}/v4", f"{other.url}/v4/"]),
            register_with_path="true",
            register_profiles="AmazonS3-PUSH",
            dataplane_id="dp-7",
        )
        async with opened(ground, chosen) as plane:
            plane.start("dispatcher")
            for each in (one, other):
                await recorded(plane, f"{each.url}/v4")
                (heard,) = each.heard
                assert heard.path == "/v4/dataplanes"
                assert heard.body["endpoint"] == f"{PUBLIC}/dataflows"
                assert heard.body["profiles"] == ["AmazonS3-PUSH"]
                assert heard.body["dataplaneId"] == "dp-7"
                assert heard.authorization == ""


async def test_it_registers_with_a_token_of_the_control_planes(ground: Ground) -> None:
    async with Listener.open() as control, Authority.open() as authority:
        chosen = settings(ground, control.url, register_as="control-1")
        file = ground.home / "planes.json"
        entry = authority.credentials(audience="control-1")
        known = {"controlplaneId": "control-1", "endpoint": control.url}
        file.write_text(json.dumps([{**known, "authorization": entry}]))
        refused: list[str] = []

        def judge(heard: Any) -> int:
            refused.extend(() if refused else (heard.authorization,))
            return 401 if heard.authorization in refused else 200

        control.judge = judge
        async with opened(
            ground, {**chosen, "control_planes_file": str(file)}
        ) as plane:
            # Known only when the commands handler has read the file.
            plane.start("dispatcher", "commands")
            await recorded(plane, control.url)
            assert control.statuses == [401, 200]
            claims = control.heard[-1].claims
            assert (claims["aud"], claims["sub"]) == ("control-1", AUDIENCE)
            output = plane.output("dispatcher") + plane.output("commands")
            assert SECRET not in output


@pytest.mark.parametrize("place", ["http://user:planted-9@127.0.0.1/x", "nowhere"])
async def test_a_place_that_is_no_plain_url_is_refused_at_the_start(
    ground: Ground, place: str
) -> None:
    async with opened(ground, settings(ground, place)) as plane:
        plane.start("dispatcher")
        await plane.ends("dispatcher")
        assert "register_at" in plane.output("dispatcher")
        assert "planted-9" not in plane.output("dispatcher")


async def test_a_missing_file_stops_only_the_registration(ground: Ground) -> None:
    async with Listener.open() as control:
        chosen = settings(ground, control.url)
        file = ground.home / "authorization.json"
        file.unlink()
        async with opened(ground, chosen) as plane:
            plane.start("dispatcher")

            async def noticed() -> bool:
                return "file cannot be read" in plane.output("dispatcher")

            await plane.until("the missing file to be noticed", noticed)
            assert control.heard == []
            file.write_text(json.dumps(AUTHORIZATION))
            await recorded(plane, control.url)
            assert_is_ours(control.heard[-1].body, PUBLIC)
