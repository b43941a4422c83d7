"""Whether live traffic is worse after a change than before."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.confirm import (
    Digest,
    Traffic,
    astray,
    expectations,
    failed_logins,
    measured,
    worse,
)

LIMITS = {"errors": 5, "connection_errors": 3, "latency": 2}


def digest(hostgroup: int = 1, count: int = 20, time: int = 40_000, **other: str) -> Digest:
    text = {"user": "app", "schema": "shop", "text": "SELECT * FROM t WHERE id=?", **other}
    return Digest(hostgroup, count=count, time=time, **text)


def traffic(*digests: Digest, errors: int = 0, refused: dict[int, int] | None = None) -> Traffic:
    return Traffic(errors, refused or {}, {(str(n),): each for n, each in enumerate(digests)})


def test_what_was_counted_between_two_looks():
    before = traffic(digest(count=10, time=100), digest(count=7), errors=3, refused={1: 4, 2: 1})
    after = traffic(
        digest(count=15, time=160), digest(count=7), digest(2, 3, 30), errors=8, refused={1: 6, 3: 2}
    )
    between = after.since(before)
    assert between.errors == 5 and between.refused == {1: 2, 3: 2}
    assert between.digests == {("0",): digest(count=5, time=60), ("2",): digest(2, 3, 30)}


def test_a_counter_that_was_set_to_0_counts_from_there():
    before = traffic(digest(count=10, time=100), errors=9, refused={1: 9})
    between = traffic(digest(count=4, time=50), errors=2, refused={1: 3}).since(before)
    assert between == traffic(digest(count=4, time=50), errors=2, refused={1: 3})


def test_a_counter_that_stood_still_has_counted_nothing():
    assert traffic(errors=9, refused={1: 4}).since(traffic(errors=9, refused={1: 4})).errors == 0


def test_latency_by_hostgroup_and_not_of_the_cache():
    seen = traffic(
        digest(1, 10, 100), digest(1, 30, 700), digest(2, 2, 50), digest(-1, 99, 0), digest(3, 0, 0)
    )
    assert seen.latency() == {1: (40, 20.0), 2: (2, 25.0)}
    assert traffic(digest(0, 4, 8)).latency() == {0: (4, 2.0)}


def test_what_a_result_shows():
    shown = measured(traffic(digest(2, 4, 10), digest(1, 8, 80), errors=7, refused={2: 1, 1: 3}), 4)
    assert shown == {
        "errors": 1.75,
        "connection_errors": {"1": 0.75, "2": 0.25},
        "queries": {"1": 8, "2": 4},
        "latency": {"1": 10, "2": 2},
    }
    assert list(shown["latency"]) == ["1", "2"]


@pytest.mark.parametrize("errors, said", [(25, False), (26, True)])
def test_errors_beyond_what_there_were_before(errors, said):
    found = worse("core1", {"errors": 2}, traffic(errors=errors), 10, LIMITS)
    assert found == (["core1: 26 errors in 10 s, 6 more than expected; 5 are allowed"] if said else [])
    assert worse("core1", {}, traffic(errors=6), 10, LIMITS)


@pytest.mark.parametrize("count, said", [(13, False), (14, True)])
def test_connections_refused_beyond_what_there_were_before(count, said):
    before = {"connection_errors": {"7": 1}}
    found = worse("core1", before, traffic(refused={7: count, 8: 3}), 10, LIMITS)
    text = "core1: hostgroup 7 refused 14 connections in 10 s, 4 more than expected; 3 are allowed"
    assert found == ([text] if said else [])
    assert worse("core1", before, traffic(refused={8: 4}), 10, LIMITS)


@pytest.mark.parametrize(
    "old, count, mean, said",
    [
        (1500, 20, 3001, True),
        (1500, 20, 3000, False),
        (1500, 19, 9000, False),  # too few
        (300, 20, 2000, False),  # what it was counts as a millisecond
        (300, 20, 2001, True),
        (100, 20, 999, False),  # too fast to matter
        (None, 20, 9000, False),  # nothing to compare with
    ],
)
def test_latency_beyond_what_it_was(old, count, mean, said):
    before = {"latency": {} if old is None else {"1": old}}
    found = worse("core1", before, traffic(digest(1, count, count * mean)), 10, LIMITS)
    assert bool(found) == said
    if said and old == 1500:
        assert found == [
            "core1: hostgroup 1 takes 3.0 ms for a query, before it was 1.5 ms; 2 times as much is allowed"
        ]


def test_a_hostgroup_without_a_latency_does_not_hide_the_next():
    seen = traffic(digest(1, 20, 200_000), digest(2, 1, 9_000), digest(3, 20, 200_000))
    found = worse("core1", {"latency": {"2": 1000, "3": 1000}}, seen, 10, LIMITS)
    assert len(found) == 1 and "hostgroup 3" in found[0]


def test_a_latency_of_exactly_a_millisecond_counts():
    found = worse(
        "core1", {"latency": {"1": 100}}, traffic(digest(1, 20, 20_000)), 10, {**LIMITS, "latency": 0.5}
    )
    assert found == [
        "core1: hostgroup 1 takes 1.0 ms for a query, before it was 0.1 ms; 0.5 times as much is allowed"
    ]


def test_latency_in_milliseconds_and_a_node_of_which_nothing_is_known():
    seen = traffic(digest(1, 20, 20 * 300_000), refused={1: 4})
    assert worse("core1", {"latency": {"1": 100_000}}, seen, 10, {**LIMITS, "connection_errors": 9}) == [
        "core1: hostgroup 1 takes 300.0 ms for a query, before it was 100.0 ms; 2 times as much is allowed"
    ]
    assert worse("core1", {}, seen, 10, LIMITS) == [
        "core1: hostgroup 1 refused 4 connections in 10 s, 4 more than expected; 3 are allowed"
    ]


def wanted(**more: Any) -> list[Any]:
    return expectations([{"digest": "^select .* from t", "hostgroup": 2, **more}])


def test_declared_queries_that_went_elsewhere():
    seen = traffic(digest(1), digest(2), digest(-1), digest(1, text="INSERT INTO t VALUES (?)"))
    assert astray("core1", seen, wanted()) == [
        "core1: 20 of SELECT * FROM t WHERE id=? (app) went to hostgroup 1, not to 2"
    ]
    assert astray("core1", seen, wanted(user="app", schema="shop"))
    assert not astray("core1", seen, wanted(user="other"))
    assert not astray("core1", seen, wanted(schema="other"))
    long = traffic(digest(1, text="select a from t " + "x" * 200))
    assert astray("core1", long, wanted()) == [
        "core1: 20 of select a from t " + "x" * 104 + " (app) went to hostgroup 1, not to 2"
    ]
    assert len(astray("core1", seen, wanted() * 2)) == 1, "one query is told once"


def test_a_pattern_that_does_not_compile():
    with pytest.raises(DeclarationError, match=r"^queries, 2: '\(' does not compile: "):
        expectations([{"digest": "x", "hostgroup": 1}, {"digest": "(", "hostgroup": 1}])


def test_logins_that_failed():
    assert failed_logins([], 0) == failed_logins(["a"], 1) == []
    assert failed_logins(["a"], 0) == ["1 login failed, the last one: a; 0 are allowed"]
    assert failed_logins(["a", "b"], 1) == ["2 logins failed, the last one: b; 1 are allowed"]
