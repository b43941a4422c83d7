# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Hostgroups: which have servers, what the monitor does with them, what their connections sum up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..._catalog.tables import TABLES
from ..._declared.rows import Row
from ..placement import CA_FOR_ALL, Pair, by_pair, place_of, without_ca
from .chain import FAST, RULES, Chain, applies, chain_of, wider
from .look import Finding, Look, at, number

SERVERS = "mysql_servers"
SECURE = "mysql_servers_ssl_params"
PAIRS = "mysql_replication_hostgroups"
USERS = "mysql_users"
SETS = (
    PAIRS,
    "mysql_group_replication_hostgroups",
    "mysql_galera_hostgroups",
    "mysql_aws_aurora_hostgroups",
)


def _sets(look: Look) -> Iterator[tuple[str, Row, frozenset[int]]]:
    """The sets within which a monitor moves servers: table, row, hostgroups."""
    for name in SETS:
        for row in look.rows(name):
            if row.get("active", True):
                groups = (number(row, column) for column in TABLES[name].hostgroups)
                yield name, row, frozenset(group for group in groups if group is not None)


def _groups(look: Look) -> set[int]:
    """Hostgroups with a server as declared."""
    rows = (row for row in look.rows(SERVERS) if row.get("status") != "OFFLINE_HARD")
    return {group for group in (number(row, "hostgroup_id") for row in rows) if group is not None}


def filled(look: Look) -> set[int]:
    """Hostgroups with a server, or that a monitor may move one into. An OFFLINE_SOFT one comes back."""
    found = _groups(look)
    for _name, _row, groups in _sets(look):
        if groups & found:
            found |= groups
    return found


def without_servers(look: Look) -> list[Finding]:
    if not look.whole(SERVERS):
        return []
    name, full, found = "hostgroup-without-servers", filled(look), []
    # A set that only the server knows may fill a hostgroup.
    worst = "error" if any(table in look.tables for table in SETS) else "warning"

    def say(severity: str, table: str, row: Row, column: str) -> None:
        group = number(row, column)
        if group is None or group < 0 or group in full:
            return
        text = f"hostgroup {group} has no servers; queries wait mysql-connect_timeout_server_max and fail"
        found.append(at(name, severity, table, row, column, text))

    for row in look.rows(RULES):
        # Such a rule answers by itself.
        if row.get("active") and row.get("error_msg") is None and row.get("OK_msg") is None:
            say(worst if applies(row) else "warning", RULES, row, "destination_hostgroup")
        if row.get("active"):
            say("warning", RULES, row, "mirror_hostgroup")
    for row in look.rows(FAST):
        say(worst, FAST, row, "destination_hostgroup")
    chain = chain_of(look)
    for row in look.rows(USERS):
        if row.get("active") and row.get("frontend") and not _always_routed(chain, look, row):
            say("warning", USERS, row, "default_hostgroup")
    return found


def _always_routed(chain: Chain, look: Look, user: Row) -> bool:
    """Whether a rule may well give all of a user's queries another hostgroup."""
    if user.get("fast_forward"):
        return False
    if any(row["username"] in ("", user["username"]) for row in look.rows(FAST)):
        return True
    query: Row = {"username": user["username"]}
    return any(number(row, "destination_hostgroup") is not None and wider(row, query) for row in chain.rules)


def set_without_servers(look: Look) -> list[Finding]:
    if not look.whole(SERVERS):
        return []
    have = _groups(look)
    return [
        at(
            "set-without-servers",
            "warning",
            table,
            row,
            "writer_hostgroup",
            f"none of its hostgroups {', '.join(map(str, sorted(groups)))} has a server",
        )
        for table, row, groups in _sets(look)
        if not groups & have
    ]


def set_without_writer(look: Look) -> list[Finding]:
    if not look.whole(SERVERS):
        return []
    have, monitored, found = _groups(look), look.flag("mysql-monitor_enabled"), []
    for row in look.rows(PAIRS):
        writer, reader = number(row, "writer_hostgroup"), number(row, "reader_hostgroup")
        if writer in have or reader not in have:
            continue
        text = (
            f"all servers are declared in its reader hostgroup {reader}, and mysql-monitor_enabled is"
            " false: nothing"
            f" moves one to {writer}"
            if monitored is False
            else f"all servers are declared in its reader hostgroup {reader}: after each LOAD writes wait"
            " until the monitor has found the one that is not read-only"
        )
        severity = "error" if monitored is False else "info"
        found.append(at("set-without-writer", severity, PAIRS, row, "writer_hostgroup", text))
    return found


def writer_reads(look: Look) -> list[Finding]:
    if look.flag("mysql-monitor_writer_is_also_reader") is not False:
        return []
    places: dict[tuple[object, object], dict[int, Row]] = defaultdict(dict)
    for row in look.rows(SERVERS):
        if row.get("status") != "OFFLINE_HARD":
            places[row["hostname"], row["port"]][number(row, "hostgroup_id") or 0] = row
    found = []
    for pair in look.rows(PAIRS):
        writer, reader = number(pair, "writer_hostgroup") or 0, number(pair, "reader_hostgroup") or 0
        members = by_pair(look.rows(SERVERS), Pair(writer, reader))
        for groups in places.values():
            if writer in groups and reader in groups and place_of(groups[writer]) not in members:
                text = (
                    f"is declared in the writer hostgroup {writer} as well;"
                    " mysql-monitor_writer_is_also_reader is false, and yet ProxySQL leaves it in both while"
                    " it is the writer"
                )
                found.append(at("writer-reads", "warning", SERVERS, groups[reader], "hostgroup_id", text))
    return found


def moved(look: Look) -> list[Finding]:
    if look.placed is None or look.flag("mysql-monitor_enabled") is False:
        return []
    now: dict[tuple[object, object], set[int]] = defaultdict(set)
    for row in look.placed:
        if row.get("status") != "OFFLINE_HARD":
            now[row["hostname"], row["port"]].add(number(row, "hostgroup_id") or 0)
    found = []
    for pair in look.rows(PAIRS):
        writer, reader = number(pair, "writer_hostgroup") or 0, number(pair, "reader_hostgroup") or 0
        members = by_pair(look.rows(SERVERS), Pair(writer, reader))
        for row in look.rows(SERVERS):
            if place_of(row) in members:
                continue
            here = now.get((row["hostname"], row["port"]), set())
            if row["hostgroup_id"] == writer and reader in here and writer not in here:
                text = (
                    f"the monitor has it in hostgroup {reader} at present, for it is read-only: a LOAD"
                    " sends writes to it until the monitor looks again"
                )
                found.append(at("moved-by-monitor", "warning", SERVERS, row, "hostgroup_id", text))
    return found


def connections(look: Look) -> list[Finding]:
    sums: dict[str, list[Row]] = defaultdict(list)
    for row in look.rows(SERVERS):
        if row.get("status") == "ONLINE":
            sums[f"{row['hostname']}:{row['port']}"].append(row)
    found = []
    for place, limit in look.limits.items():
        rows = sums.get(place, [])
        each = sum(number(row, "max_connections") or 0 for row in rows)
        if each * look.nodes > limit:
            where = " in all its hostgroups" if len(rows) > 1 else ""
            text = (
                f"{look.nodes} ProxySQL with {each} connections each{where} are more than the {limit} that"
                f" {place} allows"
            )
            found.append(at("too-many-connections", "warning", SERVERS, rows[0], "max_connections", text))
    return found


def tls_without_ca(look: Look) -> list[Finding]:
    if SECURE in look.partial:
        return []
    for_all = any(look.variables.get(name) for name in CA_FOR_ALL)
    text = (
        "no CA is declared for it: ProxySQL trusts any certificate, and for each new connection reads all CAs"
        " of the host, while clients wait"
    )
    return [
        at("tls-without-ca", "warning", SERVERS, row, "use_ssl", text)
        for row in without_ca(look.rows(SERVERS), look.rows(SECURE), for_all)
    ]
