# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""In which hostgroups the servers of a replication pair stand while and after their primary changes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._declared.rows import Row

Place = tuple[str, int]

#: The variables that name a CA for all servers without a row of their own in mysql_servers_ssl_params.
CA_FOR_ALL = ("mysql-ssl_p2s_ca", "mysql-ssl_p2s_capath")


@dataclass(frozen=True)
class Pair:
    writer: int
    reader: int


def place_of(row: Row) -> Place:
    port = row.get("port", 3306)  # as the table has it
    return str(row["hostname"]), int(port or 0)


def text_of(place: Place) -> str:
    return f"{place[0]}:{place[1]}" if place[1] else place[0]


def of_pair(rows: Iterable[Row], pair: Pair) -> list[Row]:
    return [row for row in rows if row["hostgroup_id"] in (pair.writer, pair.reader)]


def places(rows: Iterable[Row], hostgroup: int | None = None) -> list[Place]:
    """The servers, each once, in order; those that are OFFLINE_HARD are none."""
    found = (
        place_of(row)
        for row in rows
        if hostgroup in (None, row["hostgroup_id"]) and str(row.get("status")).upper() != "OFFLINE_HARD"
    )
    return list(dict.fromkeys(found))


def without_ca(servers: Iterable[Row], secure: Iterable[Row], for_all: bool) -> list[Row]:
    """The servers, each once, that ProxySQL uses TLS with and has no CA for.

    secure: rows of mysql_servers_ssl_params. One is taken for all that it has, without a look at the
    variables (MySQL_Connection::set_ssl_params, 2.7.1 and 3.0.3). for_all: whether these name a CA.
    """
    own = {
        place_of(row): bool(row.get("ssl_ca") or row.get("ssl_capath"))
        for row in secure
        if not row.get("username")
    }
    found: dict[Place, Row] = {}
    for row in servers:
        if row.get("use_ssl") and not own.get(place_of(row), for_all):
            found.setdefault(place_of(row), row)
    return list(found.values())


def by_pair(rows: Iterable[Row], pair: Pair) -> list[Place]:
    """The servers of which one is to be the primary, whichever it is: named in both hostgroups, all of them.

    Empty where the pair is declared by role.
    """
    there = of_pair(rows, pair)
    writers = places(there, pair.writer)
    return writers if len(writers) > 1 and set(writers) <= set(places(there, pair.reader)) else []


def settled(rows: Sequence[Row], pairs: Iterable[Pair], memory: Sequence[Row]) -> list[Row]:
    """The declared rows, of servers that are named by pair those that one LOAD may hold.

    In the writer hostgroup that is whom memory has there, or else the first. With all of them in it, each
    LOAD would send writes to replicas until the monitor has looked. Whether the primary is read from as well
    is left as it is.
    """
    found = list(rows)
    for pair in pairs:
        members = by_pair(found, pair)
        if not members:
            continue
        there = places(memory, pair.writer)
        writers = [place for place in members if place in there] or members[:1]
        read = {*places(memory, pair.reader)}
        if not read >= {*members}:
            # several that were never named by pair: of another kind of cluster, or for the monitor to move
            writers = writers[:1]
        readers = {*members} - {*writers} | read
        kept: dict[Any, Collection[Place]] = {pair.writer: writers, pair.reader: readers}
        found = [
            row
            for row in found
            if place_of(row) not in members or place_of(row) in kept.get(row["hostgroup_id"], members)
        ]
    return found


def held(now: Sequence[Row], pair: Pair) -> list[Row]:
    """The rows under which new statements wait: as the servers stand now, the writer OFFLINE_SOFT.

    now: runtime's rows of the pair. Named as they stand, no server loses connections by the LOAD.
    """
    found = []
    for row in of_pair(now, pair):
        status = str(row["status"]).upper()
        status = "ONLINE" if status.startswith("SHUNNED") else status
        if status != "OFFLINE_HARD":
            found.append({**row, "status": "OFFLINE_SOFT" if row["hostgroup_id"] == pair.writer else status})
    return found


def placed(declared: Sequence[Row], pair: Pair, primary: Place) -> list[Row]:
    """The rows under which this server is written to, it alone, at once and whatever the monitor says.

    Who takes the other's place in a hostgroup gets what else the row there says. Of several that are declared
    as writers, for the monitor to move them, the others are readers.
    """
    rows = of_pair(declared, pair)
    writers, readers = places(rows, pair.writer), places(rows, pair.reader)
    before = primary if primary in writers else next(iter(writers), None)
    named = {place_of(row) for row in rows if row["hostgroup_id"] == pair.reader}
    found: list[Row] = []
    for row in rows:
        here = place_of(row)
        if row["hostgroup_id"] == pair.writer:
            if here != before:
                if here not in named:
                    found.append({**row, "hostgroup_id": pair.reader})
                continue
            row = _at(row, primary)
        elif here == primary and before is not None and before not in readers:
            row = _at(row, before)
        found.append(row)
    if before not in (None, primary, *places(found, pair.reader)):
        # no replica was declared as one, whose place it could take
        found += [{**row, "hostgroup_id": pair.reader} for row in rows if place_of(row) == before]
    if before is None:
        found += [{**row, "hostgroup_id": pair.writer} for row in rows if place_of(row) == primary]
    return found


def leaving(now: Sequence[Row], wanted: Sequence[Row]) -> list[Row]:
    """Rows that are there and not wanted, OFFLINE_SOFT: taken away at once they would cut who uses them."""
    kept = {(row["hostgroup_id"], place_of(row)) for row in wanted}
    return [
        {**row, "status": "OFFLINE_SOFT"} for row in now if (row["hostgroup_id"], place_of(row)) not in kept
    ]


def without(rows: Sequence[Row], gone: Place) -> list[Row]:
    """The same with a server OFFLINE_HARD, which the monitor does not ask and nobody is sent to."""
    return [{**row, "status": "OFFLINE_HARD"} if place_of(row) == gone else row for row in rows]


def changes(declared: Sequence[Row], wanted: Sequence[Row], pair: Pair) -> list[str]:
    """What is to be declared otherwise from now on, as sentences."""
    before = {(row["hostgroup_id"], place_of(row)): row for row in of_pair(declared, pair)}
    after = {(row["hostgroup_id"], place_of(row)): row for row in wanted}
    gone = [
        f"{text_of(place)} is no more in hostgroup {group}"
        for group, place in before
        if (group, place) not in after
    ]
    new = [
        f"{text_of(place)} is in hostgroup {group}" for group, place in after if (group, place) not in before
    ]
    other = [
        f"{text_of(key[1])} is {row['status']} in hostgroup {key[0]}"
        for key, row in after.items()
        if key in before and before[key]["status"] != row["status"]
    ]
    return new + gone + other


def _at(row: Row, place: Place) -> dict[str, Any]:
    return {**row, "hostname": place[0], "port": place[1]}
