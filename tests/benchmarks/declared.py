"""The rows that are declared in the benchmarks, by table and number of rows."""

from __future__ import annotations

from typing import Any, Callable

Rows = list[dict[str, Any]]


def _servers(count: int) -> Rows:
    return [
        {
            "hostgroup_id": n % 50,
            "hostname": f"db{n}.example.com",
            "weight": n % 9,
            "comment": f"rack {n % 7}",
        }
        for n in range(count)
    ]


def _users(count: int) -> Rows:
    return [
        {
            "username": f"app{n}",
            "password": f"pw {n}",
            "default_hostgroup": n % 50,
            "max_connections": 500,
        }
        for n in range(count)
    ]


def _rules(count: int) -> Rows:
    return [
        {
            "rule_id": n + 1,
            "active": True,
            "match_digest": f"^SELECT .* FROM orders_{n} ",
            "destination_hostgroup": n % 50,
            "apply": True,
        }
        for n in range(count)
    ]


def _fast_routing(count: int) -> Rows:
    return [
        {
            "username": f"app{n % 100}",
            "schemaname": f"shard_{n}",
            "flagIN": 0,
            "destination_hostgroup": n % 50,
            "comment": "",
        }
        for n in range(count)
    ]


_MAKERS: dict[str, Callable[[int], Rows]] = {
    "mysql_servers": _servers,
    "mysql_users": _users,
    "mysql_query_rules": _rules,
    "mysql_query_rules_fast_routing": _fast_routing,
}

TABLES = tuple(_MAKERS)


def rows(table: str, count: int) -> Rows:
    return _MAKERS[table](count)
