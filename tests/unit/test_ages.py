"""How old a secret is, by what was kept of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.ages import Age, age_of

NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)


def before(days: float) -> datetime:
    return NOW - timedelta(days=days)


def test_what_a_database_knows_to_the_second() -> None:
    assert Age(before(3), before(3)).text(NOW) == "changed 3 days ago"
    assert Age(NOW, NOW).text(NOW) == "changed less than a day ago"


@pytest.mark.parametrize(
    ("kept", "age", "text"),
    [
        ([], Age(), "its age is not known"),
        ([(9, "a")], Age(before(9), None), "changed within the last 9 days"),
        ([(0.1, "a")], Age(before(0.1), None), "changed within the last day"),
        ([(9, None)], Age(before(9), None), "changed within the last 9 days"),
        ([(9, "b")], Age(None, before(9)), "at least 9 days old"),
        (
            [(9, "a"), (5, "b"), (1, "b")],
            Age(before(9), before(5)),
            "changed between 9 days ago and 5 days ago",
        ),
        (
            [(9, "a"), (0.2, "b")],
            Age(before(9), before(0.2)),
            "changed between 9 days ago and less than a day ago",
        ),
        ([(0.9, "a"), (0.2, "b")], Age(before(0.9), before(0.2)), "changed within the last day"),
        # there and back again
        (
            [(9, "b"), (5, "a"), (1, "b")],
            Age(before(5), before(1)),
            "changed between 5 days ago and 1 day ago",
        ),
    ],
)
def test_what_is_known(kept: list[tuple[float, str | None]], age: Age, text: str) -> None:
    found = age_of([(before(days), value) for days, value in kept], "b", str.__eq__)
    assert found == age and found.text(NOW) == text
