"""Amounts and days, as they are typed."""

import pytest
import typer

from domain.limits import Day
from waybill.cli.limits import amount, days_of


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("800", 800),
        ("800k", 800_000),
        ("100M", 100_000_000),
        ("100MB/s", 100_000_000),
        ("1.5Gi", 3 << 29),
        ("2MiB", 2 << 20),
    ],
)
def test_an_amount(said: str, count: int) -> None:
    assert amount(said) == count


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("mon-fri", "mon tue wed thu fri"),
        ("sat,sun", "sat sun"),
        ("Fri-Mon", "mon fri sat sun"),
        ("wed", "wed"),
    ],
)
def test_days(said: str, days: str) -> None:
    assert days_of(said) == [Day(each) for each in days.split()]


@pytest.mark.parametrize("said", ["", "fast", "-1M", "1e9"])
def test_what_is_no_amount(said: str) -> None:
    with pytest.raises(typer.BadParameter):
        amount(said)


@pytest.mark.parametrize("said", ["", "someday", "mon-someday"])
def test_what_is_no_day(said: str) -> None:
    with pytest.raises(typer.BadParameter):
        days_of(said)
