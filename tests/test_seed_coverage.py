"""The page of the seeds' features: complete, and true about tests and places."""

import ast
import re
from functools import cache
from pathlib import Path

from tests import seed_coverage
from tests.seed_coverage import Row

_ROOT = Path(__file__).parents[1]
_FEATURES = range(1, 163)
_PLACE = re.compile(r"`((?:[a-z_.-]+/)+[\w.-]*|[\w-]+\.(?:md|yaml|toml)|Makefile)`")


@cache
def _functions(file: Path) -> frozenset[str]:
    """The tests of a file; none where there is no such file."""
    if not file.exists():
        return frozenset()
    tree = ast.parse(file.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, kinds) and node.name.startswith("test_")
    )


def test_every_feature_has_a_row_and_no_row_is_empty() -> None:
    rows = seed_coverage.rows()
    assert [row.number for row in rows] == list(_FEATURES)
    assert [row.number for row in rows if not _is_full(row)] == []


def test_every_named_test_exists_and_is_run() -> None:
    here = _ROOT / "tests"
    missing = [
        (row.number, file, test)
        for row in seed_coverage.rows()
        for file, test in row.tests
        if test not in _functions(here / file)
    ]
    assert missing == []
    verbs = (_ROOT / "Makefile").read_text()
    apart = seed_coverage.named() - seed_coverage.usual()
    for name in apart:
        folder = name.partition("/")[0]
        assert f"-m {folder} tests/{folder}" in verbs, name


def test_every_named_place_exists() -> None:
    missing = [
        (row.number, place)
        for row in seed_coverage.rows()
        for place in _PLACE.findall(row.cells[1])
        if not (_ROOT / place).exists()
    ]
    assert missing == []


def test_a_row_without_a_test_says_why() -> None:
    untold = [
        row.number
        for row in seed_coverage.rows()
        if not row.tests and not row.cells[2].startswith("none:")
    ]
    assert untold == []


def _is_full(row: Row) -> bool:
    return len(row.cells) == 3 and all(len(cell) > 3 for cell in row.cells)
