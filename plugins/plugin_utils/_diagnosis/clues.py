# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is likely wrong, by what one node shows. Each look is a rule of thumb: evidence in, clues out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Callable

from .evidence import Evidence

SYMPTOMS = ("any", "connect", "errors", "slow", "vip", "cluster")


@dataclass(frozen=True)
class Clue:
    """text: what was seen. todo: what to do. about: symptoms that it explains. sure: no mere suspicion."""

    text: str
    todo: str
    about: Sequence[str]
    sure: bool = True


Look = Callable[[Evidence], Iterator[Clue]]


def clues(evidence: Evidence) -> list[Clue]:
    return [clue for look in _LOOKS for clue in look(evidence)]


def _units(seen: Evidence) -> Iterator[Clue]:
    for unit in seen.units:
        name, state = unit.get("Id", ""), unit.get("ActiveState", "")
        if state not in ("active", ""):
            about = ("connect", "vip", "cluster") if name == "proxysql.service" else ("vip",)
            yield Clue(
                f"{name} is {state}", f"`journalctl -u {name}` there says why; `site` starts it", about
            )
        restarts = int(unit.get("NRestarts") or 0)
        if restarts >= 3:
            yield Clue(
                f"systemd has restarted {name} {restarts} times",
                "it crashes or is killed: see its journal",
                (),
            )


# In the journal and in the log -> what it means.
_SAID: tuple[tuple[str, str, str, Sequence[str]], ...] = (
    (
        r"(?i)out of memory: killed process|oom-kill|killed by the oom",
        "the kernel ended a process for lack of memory",
        "give the host memory, or see what takes it: stats_memory_metrics, many digests, large answers",
        ("connect", "errors"),
    ),
    (
        r"code=(killed|dumped), status=(6|11)/|signal=(6|11)\b|Segmentation fault|assertion failed",
        "ProxySQL crashed",
        "see the stack in its log, and whether a newer release of the series says anything of it",
        ("connect", "errors"),
    ),
    (
        r"No space left on device|database or disk is full",
        "a disk is full",
        "make room, then run `site`: what was changed meanwhile is not on disk",
        ("cluster",),
    ),
    (
        r"Too many open files",
        "there are too few files for all connections",
        "raise proxysql_limit_nofile",
        ("connect", "errors"),
    ),
    (
        r"epoch times are EQUAL",
        "two nodes loaded different content in the same second, and neither follows the other",
        "run `site`",
        ("cluster",),
    ),
    (
        r"version 1 doesn't allow sync",
        "a node has loaded nothing since its start, so nobody follows it",
        "run `site`",
        ("cluster",),
    ),
    (
        r"Cluster: .*(Access denied|different (ProxySQL )?version)",
        "a node may not fetch from another one",
        "see that all run the same version and have the same proxysql_cluster_password; `site` brings it",
        ("cluster",),
    ),
)


def _said(seen: Evidence) -> Iterator[Clue]:
    for pattern, text, todo, about in _SAID:
        number = seen.count(pattern)
        if number:
            yield Clue(f"{text} ({number} line{'s' if number > 1 else ''} of its logs)", todo, about)
    refused = Counter(
        found[1]
        for line in seen.said
        if (found := re.search(r"ProxySQL Error: Access denied for user '([^']*)'", line))
    )
    for user, number in refused.most_common(3):
        yield Clue(
            f"ProxySQL refused the login of '{user}' {number} time{'s' if number > 1 else ''}",
            "is it in proxysql_mysql_users, and does the application have its present password?",
            ("connect", "errors"),
        )


def _disk(seen: Evidence) -> Iterator[Clue]:
    if seen.full:
        yield Clue(f"almost nothing is left on {', '.join(seen.full)}", "make room", ("cluster", "errors"))


def _layers(seen: Evidence) -> Iterator[Clue]:
    for layer, sections in seen.layers.items():
        what = "not in effect" if layer == "runtime" else "gone at the next start"
        yield Clue(
            f"edits of {', '.join(sections)} in memory are {what}",
            "ask who made them; `site` refuses to publish what nobody declares",
            ("cluster",),
        )


_MONITORED = {
    "monitor_connect": "connect",
    "monitor_ping": "ping",
    "monitor_read_only": "read read_only of",
    "monitor_replication_lag": "read the replication of",
}


def _monitor(seen: Evidence) -> Iterator[Clue]:
    for name, verb in _MONITORED.items():
        for row in seen.rows(name)[:5]:
            error, server = str(row["error"]), f"{row['hostname']}:{row['port']}"
            todo = "look at the database and the way to it"
            if "Access denied" in error:
                todo = "set proxysql_monitor_password to what the database knows"
            elif "Too many connections" in error:
                todo = "the database is at its max_connections"
            elif "is not allowed to connect" in error or "command denied" in error:
                todo = "give the monitor's user its rights at the database, also from this node"
            text = f"the monitor could not {verb} {server}: {error}"
            yield Clue(text, todo, ("errors", "slow", "connect"))


# Of a database -> what it means.
_NUMBERS = {
    1040: (
        "the database is at its max_connections",
        "lower max_connections of the server, or raise the database's",
    ),
    1045: (
        "the database refuses the user",
        "the password in proxysql_mysql_users is not that of the database; `rotate` tells which is where",
    ),
    1044: ("the database refuses the user its schema", "grant it there"),
    1129: (
        "the database blocks this node after many failed connections",
        "FLUSH HOSTS there, and find their cause",
    ),
    1226: ("the user is at a limit that the database has for it", "see its max_user_connections there"),
    1290: (
        "writes came to a server that is read-only",
        "see that a rule sends them to the writers, and that the databases say read_only as they should",
    ),
    1792: ("writes came in a transaction that is read-only", "see rules that split transactions"),
    1836: ("writes came to a server that is read-only", "see where the databases have their primary"),
    2002: ("the database could not be reached", "look at it, and at the network"),
    2003: ("the database could not be reached", "look at it, and at the network"),
    2006: ("the database closed connections", "compare its wait_timeout with mysql-connection_max_age_ms"),
    2013: ("the connection to the database was lost in a query", "see the database's own log for that time"),
    9001: (
        "no connection was free in time",
        "see hostgroups without servers, and max_connections of servers",
    ),
    9006: ("the server left while queries ran", "see when and why it was shunned"),
}


def _errors(seen: Evidence) -> Iterator[Clue]:
    for row in seen.rows("errors")[:10]:
        meaning = _NUMBERS.get(int(row["errno"]))
        if meaning:
            about = ("errors", "connect") if int(row["errno"]) in (1040, 1045, 9001) else ("errors",)
            text = (
                f"{meaning[0]}: error {row['errno']} of {row['hostname']}:{row['port']} for"
                f" '{row['username']}', {row['count_star']} in all"
            )
            yield Clue(text, meaning[1], about)


def _limits(seen: Evidence) -> Iterator[Clue]:
    connected, most = seen.counter("Client_Connections_connected"), seen.variable("mysql-max_connections")
    if most.isdigit() and connected >= 0.8 * int(most) > 0:
        yield Clue(
            f"{connected} clients are connected, of {most} that mysql-max_connections allows",
            "raise it, with proxysql_limit_nofile, or mend the pool of the application that has most",
            ("connect",),
        )
    for row in seen.rows("users"):
        used, limit = int(row["frontend_connections"]), int(row["frontend_max_connections"])
        if used >= 0.9 * limit > 0:
            yield Clue(
                f"'{row['username']}' has {used} of the {limit} connections it may have",
                "raise its max_connections in proxysql_mysql_users, or mend that application's pool",
                ("connect",),
            )
    yield from _servers_at_their_limit(seen)
    if seen.counter("max_connect_timeouts"):
        yield Clue(
            f"{seen.counter('max_connect_timeouts')} queries got no connection in time since the start",
            "see hostgroups without servers, and servers at their limit",
            ("errors", "slow", "connect"),
            sure=False,
        )


def _servers_at_their_limit(seen: Evidence) -> Iterator[Clue]:
    servers = (seen.info.get("tables") or {}).get("mysql_servers") or {}
    limits = {
        (int(row["hostgroup_id"]), row["hostname"], int(row["port"])): int(row["max_connections"])
        for row in servers.get("runtime") or ()
    }
    for row in seen.info.get("pool") or ():
        group, host, port = key = (int(row["hostgroup"]), row["srv_host"], int(row["srv_port"]))
        limit = limits.get(key, 0)
        if int(row["ConnUsed"]) >= 0.9 * limit > 0:
            yield Clue(
                f"{row['ConnUsed']} of {limit} connections to {host}:{port} in hostgroup {group} are in use",
                "raise max_connections of the server if the database can take it, or find what holds them",
                ("slow", "connect"),
            )


def _slow(seen: Evidence) -> Iterator[Clue]:
    rows = seen.rows("digests")
    whole = sum(int(row["sum_time"]) for row in rows)
    if rows and whole and int(rows[0]["sum_time"]) > whole / 2:
        first, count = rows[0], max(1, int(rows[0]["count_star"]))
        yield Clue(
            f"one query takes {100 * int(first['sum_time']) // whole} % of the time of all, on average"
            f" {int(first['sum_time']) / count / 1e6:.3f} s: {str(first['digest_text'])[:120]}",
            "see its plan at the database, or whether it comes too often",
            ("slow",),
            sure=False,
        )
    for row in seen.info.get("pool") or ():
        latency = int(row.get("Latency_us") or 0) // 1000
        if latency > 100:
            yield Clue(
                f"{row['srv_host']}:{row['srv_port']} answers a ping only after {latency} ms",
                "look at the load of the database and at the network",
                ("slow",),
            )


def _moves(seen: Evidence) -> Iterator[Clue]:
    moves = seen.moves()
    if moves:
        last = moves[-1].partition("instance ")[2]
        yield Clue(
            f"VRRP changed its state {len(moves)} times in the last hour, the last time: {last}",
            "vip.txt has them all, with the reasons",
            ("vip", "connect"),
            sure=len(moves) > 6,
        )


_LOOKS: tuple[Look, ...] = (_units, _said, _disk, _layers, _monitor, _errors, _limits, _slow, _moves)


def ordered(found: Iterable[tuple[str, Clue]], symptom: str) -> list[tuple[str, Clue]]:
    """(host, clue): those first that explain the symptom, then the sure ones."""
    return sorted(found, key=lambda one: (symptom != "any" and symptom not in one[1].about, not one[1].sure))
