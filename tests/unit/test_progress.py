"""What a person sees of a play that goes through many hosts in batches."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.site_progress import site_progress

HOSTS = [f"h{number}" for number in range(1000)]


@pytest.mark.parametrize(
    ("batch", "failed", "line"),
    [
        (HOSTS[:102], [], "102 of 1,000 hosts"),
        (HOSTS[102:202], [], "202 of 1,000 hosts"),
        # the last ones of the batch have failed, and one before
        (HOSTS[102:200], ["h7", "h200", "h201"], "202 of 1,000 hosts, 3 failed"),
        (HOSTS[902:], ["h7"], "1,000 of 1,000 hosts, 1 failed"),
        # what fails later is not counted before
        (HOSTS[102:202], ["h999"], "202 of 1,000 hosts"),
    ],
)
def test_how_far_it_is(batch: list[str], failed: list[str], line: str) -> None:
    left = [host for host in HOSTS if host not in failed]
    assert site_progress(HOSTS, left, batch, "102", 100) == line


def test_of_one_batch_nothing_is_said() -> None:
    assert site_progress(HOSTS[:102], HOSTS[:102], HOSTS[:102], 102, 100) == ""
