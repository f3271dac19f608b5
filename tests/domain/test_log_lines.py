"""What a process says, for machines or for people."""

import json
import logging
from collections.abc import Iterator

import pytest

from domain import log_lines


@pytest.fixture(autouse=True)
def usual_logging() -> Iterator[None]:
    """Put the root logger back as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    log = logging.getLogger("handlers.files")
    log.debug("looked", extra={"fields": {"n": 1}})
    log.info("stored", extra={"fields": {"file_id": "ab", "name": "two words"}})
    log.warning("forged\nline")
    return capsys.readouterr().err.splitlines()


def test_a_line_is_an_object_with_the_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_lines.configure()
    lines = [json.loads(line) for line in said(capsys)]
    assert [line["event"] for line in lines] == ["stored", "forged\nline"]
    assert (lines[0]["level"], lines[0]["file_id"]) == ("info", "ab")


def test_a_plain_line_is_one_line_for_people(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_lines.configure("plain")
    stored, forged = said(capsys)
    assert stored.endswith('INFO    handlers.files stored file_id=ab name="two words"')
    assert forged.endswith("WARNING handlers.files forged\\nline")


def test_a_level_leaves_out_what_is_less(capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.configure("plain", "warning")
    assert len(said(capsys)) == 1
    log_lines.configure("plain", "debug")
    assert len(said(capsys)) == 3
