"""docs/settings.md is what the settings classes say, and hides what is secret."""

import re

import pytest

from waybill import configuration
from waybill.configuration import PAGE, page

ROW = re.compile(r"^\| `(WAYBILL_[A-Z0-9_]+)` \|", re.MULTILINE)
OTHERS = {
    # Read by the command line and by the embedded servers; no process has them.
    "WAYBILL_SOURCE_ACCESS_KEY_ID",
    "WAYBILL_DESTINATION_",
    "WAYBILL_DEMO_SIZE_MB",
    "WAYBILL_NATS_SERVER",
    # Read by `make matrix`.
    "WAYBILL_MATRIX_SERVERS",
    "WAYBILL_MATRIX_KEYS",
    "WAYBILL_MATRIX_LARGE",
}


def test_the_committed_page_is_what_the_code_makes() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m waybill.configuration"


def test_every_setting_in_effect_is_explained_once() -> None:
    rows = ROW.findall(page())
    assert sorted(rows) == [each.variable for each in configuration.effective()]


def test_the_page_does_not_follow_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(
        "WAYBILL_DATABASE_URL", "postgresql://waybill:hunter2@db.example/waybill"
    )
    monkeypatch.setenv("WAYBILL_API_TOKEN", "hunter2")
    assert page() == PAGE.read_text("utf-8")
    assert "hunter2" not in str(list(configuration.effective()))


def test_every_setting_that_a_page_names_exists() -> None:
    pages = [PAGE.parents[1] / "README.md", *PAGE.parent.rglob("*.md")]
    named = {
        (file.name, name)
        for file in pages
        for name in re.findall(r"`(WAYBILL_[A-Z0-9_]+)[`=]", file.read_text("utf-8"))
    }
    known = {*ROW.findall(page()), *OTHERS}
    assert {each for each in named if each[1] not in known} == set()
