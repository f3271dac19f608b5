"""compose.yaml is valid, its images are pinned, and every service shows its health."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.services import S3Endpoint

ROOT = Path(__file__).parents[1]
SCHEMA = Path(__file__).parent / "data" / "compose-spec" / "compose-spec.json"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if "build" in service}
PINNED = re.compile(r".+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?$")
every_service = pytest.mark.parametrize("name", SERVICES)


def test_the_file_follows_the_compose_specification() -> None:
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(COMPOSE)


def test_the_specification_would_refuse_a_misspelt_key() -> None:
    wrong = {"services": {"one": {"imagge": "nats:2.14.5"}}}
    with pytest.raises(jsonschema.ValidationError, match="imagge"):
        jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(wrong)


def test_every_process_of_ours_is_there() -> None:
    assert {
        "migrate",
        "commands",
        "dispatcher",
        "worker",
        "door",
        "files",
        "projections",
        "gateway",
    } == (OURS)


@every_service
def test_a_service_shows_its_health_or_runs_once(name: str) -> None:
    service = SERVICES[name]
    assert ("healthcheck" in service) != (service["restart"] == "no")


@every_service
def test_an_image_is_ours_or_pinned(name: str) -> None:
    assert name in OURS or PINNED.match(SERVICES[name]["image"])


@every_service
def test_a_service_waits_for_health_not_for_a_start(name: str) -> None:
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        once = SERVICES[other]["restart"] == "no"
        expected = "service_completed_successfully" if once else "service_healthy"
        assert wait["condition"] == expected


@every_service
def test_ports_are_published_on_the_loopback_interface_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


def test_the_development_key_has_the_right_size() -> None:
    key = base64.b64decode(COMPOSE["configs"]["secret-key"]["content"])
    assert len(key) == 32


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_processes_have_the_same_keys_and_ask_who_is_there(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert environment["WAYBILL_AUTHORIZATION"] == "${WAYBILL_AUTHORIZATION:-required}"
    files = {each["target"] for each in SERVICES[name]["configs"]}
    for variable in ("WAYBILL_SECRET_KEY_FILE", "WAYBILL_OPERATOR_KEY_FILE"):
        assert environment[variable] in files


def test_the_base_image_is_pinned_and_the_processes_are_not_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert len(set(bases)) == 1
    assert PINNED.match(bases[0])
    assert "USER waybill" in lines


def test_keys_in_a_server_url_are_decoded() -> None:
    found = S3Endpoint.parse("http://a%3Ab:s%2Fecret@127.0.0.1:9000/?region=eu-1")
    assert found == S3Endpoint("http://127.0.0.1:9000", "a:b", "s/ecret", "eu-1")
