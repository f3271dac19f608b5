"""The house rules that an import or a grep can prove."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("domain", "eventlog", "handlers", "projections", "gateway", "waybill")

# `socket` is not among them: pydantic itself loads it.
FOREIGN_TO_THE_DOMAIN = {
    *("asyncio", "sqlite3", "psycopg", "nats", "faststream"),
    *("aioboto3", "botocore", "aiohttp", "httpx", "fastapi", "uvicorn"),
}
IMPORT_THE_DOMAIN = """
import importlib, pkgutil, sys
import domain
for module in pkgutil.walk_packages(domain.__path__, "domain."):
    importlib.import_module(module.name)
print(*sorted(sys.modules))
"""

SUBJECT = re.compile(r"waybill\.(command|signal|task|control|progress|worker)\.")


def test_the_domain_loads_nothing_that_does_io() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", IMPORT_THE_DOMAIN],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(finished.stdout.split())
    assert "domain.data_flow.decide" in loaded
    assert not loaded & FOREIGN_TO_THE_DOMAIN


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    finished = subprocess.run(
        [program], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", finished.stdout)


def test_every_folder_of_tests_is_a_package() -> None:
    # Else pytest puts it on the path, and tests/domain hides domain.
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [each for each in folders if not (each / "__init__.py").exists()] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_subject_is_spelled_outside_the_names(package: str) -> None:
    spelled = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in (ROOT / package).rglob("*.py")
        if path != ROOT / "domain" / "names.py"
        for line, text in _literals(ast.parse(path.read_text()))
        if SUBJECT.search(text)
    ]
    assert spelled == []


def test_the_search_for_subjects_finds_them() -> None:
    code = (
        '"""About waybill.task.*."""\nx = f"waybill.task.{y}"\nz = "waybill.worker.1"'
    )
    found = {line for line, text in _literals(ast.parse(code)) if SUBJECT.search(text)}
    assert found == {2, 3}


def _literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """All strings but those that stand alone: a docstring may explain a subject."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in alone:
            continue
        if isinstance(node.value, str):
            yield node.lineno, node.value
