"""docs/errors.md is the catalogue; each code is raised, and some test meets it."""

import re
from pathlib import Path

import pytest

from domain import errors
from domain.error_notes import NOTES
from domain.errors import CATALOGUE, DataPlaneError
from waybill.errors_page import PAGE, page

ROOT = Path(__file__).parents[1]
# They hold the code without raising it.
TABLES = {"errors.py", "error_notes.py", "problems.py"}
CLASSES: dict[str, set[str]] = {code: set() for code in CATALOGUE}
for _kind in vars(errors).values():
    if isinstance(_kind, type) and issubclass(_kind, DataPlaneError):
        CLASSES[_kind.code].add(_kind.__name__)


def files(*folders: str) -> list[str]:
    paths = (path for each in folders for path in (ROOT / each).rglob("*.py"))
    return [
        path.read_text("utf-8")
        for path in paths
        if path.name not in TABLES or path.parent.name in {"s3", "http", "mechanisms"}
    ]


SOURCES = files("domain", "eventlog", "handlers", "projections", "gateway", "waybill")
TESTS = [text for text in files("tests") if "CLASSES" not in text]


def test_the_committed_page_is_what_the_code_makes() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m waybill.errors_page"


def test_every_code_is_explained_and_nothing_else() -> None:
    assert NOTES.keys() == CATALOGUE.keys()


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_code_is_raised_somewhere(code: str) -> None:
    raised = "|".join(rf"\b{name}\(" for name in CLASSES[code]) or "$^"
    assert any(f'"{code}"' in text or re.search(raised, text) for text in SOURCES)


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_code_is_met_by_a_test(code: str) -> None:
    names = CLASSES[code] - {"DataPlaneError", "StorageError"}
    assert any(code in text or any(n in text for n in names) for text in TESTS)
