"""What is typed of a task, and what the terminal adds to it."""

import pytest
import typer
from typer.testing import CliRunner

from waybill.cli import app
from waybill.cli.task_inputs import inputs_of, ways_in
from waybill.embedded.ports import free_port

SIDES = {"source": "s3://lake/in/", "destination": "s3://partner/"}


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what the environment has of both sides."""
    for side in ("SOURCE", "DESTINATION"):
        monkeypatch.setenv(f"WAYBILL_{side}_ACCESS_KEY_ID", "AK")
        monkeypatch.setenv(f"WAYBILL_{side}_SECRET_ACCESS_KEY", "SK")
        monkeypatch.setenv(f"WAYBILL_{side}_ENDPOINT_URL", "http://s3.example")


def test_a_param_that_comes_again_is_a_list() -> None:
    said = inputs_of(["include=*.a", "include=*.b", "where=a=b", "empty="])
    assert said == {"include": ["*.a", "*.b"], "where": "a=b", "empty": ""}
    with pytest.raises(typer.BadParameter):
        inputs_of(["nothing"])


@pytest.mark.usefixtures("keys")
def test_the_terminal_has_the_keys_that_no_input_says() -> None:
    own = {"destination-credentials": "partner", "source_endpoint": "http://other"}
    assert ways_in({**SIDES, **own}) == {
        "sourceRegion": "us-east-1",
        "sourceAccessKeyId": "AK",
        "sourceSecretAccessKey": "SK",
        "sourceForcePathStyle": True,
    }


@pytest.mark.usefixtures("keys")
def test_sides_are_known_however_they_are_written() -> None:
    said = {"SOURCE": "s3://lake/in/", "Destination": "s3://partner/", "Sync": "etag"}
    added = ways_in(said)
    assert added == {**ways_in(SIDES), "destinationRegion": "us-east-1"}
    assert {"sourceAccessKeyId", "destinationAccessKeyId"} <= added.keys()


def test_exit_codes_say_what_was_wrong() -> None:
    away = ["--api", f"http://127.0.0.1:{free_port()}"]
    runner = CliRunner()
    for line, code in (
        (["tasks", "submit", "--user", "a", "--param", "x", *away], 2),
        (["tasks", "submit", *away], 2),
        (["tasks", "submit", "--service", "render", "--user", "", *away], 2),
        (["tasks", "list", "--user", "a/b", *away], 2),
        (["tasks", "list", "--user", "a", *away], 3),
        (["tasks", "submit", "--service", "render", "--user", "a", *away], 3),
    ):
        assert runner.invoke(app, line).exit_code == code, line
