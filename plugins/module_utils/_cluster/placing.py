# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The servers of a replication pair on all nodes at once: looked at, held, placed anew, saved.

Each node is written to by itself. The cluster would carry a change in some tenths of a second, and for so
long one node would write to the old primary while another holds. As all get the same rows, none has anything
to pull.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, TypeVar

from .._catalog.tables import SECTIONS, TABLES
from .._declared.errors import DeclarationError, EngineError, StatementError
from .._declared.rows import Row, server_rows
from .._planning.placement import CA_FOR_ALL, Pair, Place, of_pair, place_of, text_of, without_ca
from .._planning.primary import Busy, Monitored, NodeLook, pinned_by
from .._section.lock import WriteLock
from .._section.section import SectionWork
from .._server.admin import Admin, load_statement, save_statement
from .._server.servers import last_loaded
from .._server.sql import Statement, literal, plain, replace_rows

T = TypeVar("T")

SERVERS, VARIABLES = SECTIONS["MYSQL SERVERS"], SECTIONS["MYSQL VARIABLES"]
_TABLE, _SECURE = TABLES["mysql_servers"], TABLES["mysql_servers_ssl_params"]
_INTERVAL = "mysql-monitor_read_only_interval"
_KEEPS, _KEEPS_FOR = "mysql-auto_increment_delay_multiplex", "mysql-auto_increment_delay_multiplex_timeout_ms"
_WAIT = "mysql-connect_timeout_server_max"
# Seconds after which what the monitor found is old, if its interval is not longer.
_STALE = 10
_PAUSE = 0.01


class Nodes:
    """All nodes of ProxySQL, each by its admin connection. The first is asked where one is enough."""

    def __init__(self, admins: Sequence[Admin], pair: Pair) -> None:
        self.admins = list(admins)
        self.pair = pair
        self.locks: list[WriteLock] = []

    def at_once(self, work: Callable[[Admin], T]) -> list[T | EngineError]:
        """What each node gives, or how it failed."""

        def one(admin: Admin) -> T | EngineError:
            try:
                return work(admin)
            except EngineError as exc:
                return exc

        with ThreadPoolExecutor(max_workers=64) as pool:
            return list(pool.map(one, self.admins))

    def all(self, work: Callable[[Admin], T]) -> list[T]:
        """What each gives. Raises the first EngineError, with the others' words."""
        found = self.at_once(work)
        wrong = [each for each in found if isinstance(each, EngineError)]
        if wrong:
            wrong[0].message = "; ".join(each.message for each in wrong)
            raise wrong[0]
        return [each for each in found if not isinstance(each, EngineError)]

    def until(self, deadline: float | None) -> None:
        for admin in self.admins:
            admin.until(deadline)

    def renew(self) -> None:
        for lock in self.locks:
            lock.renew()

    # -- looking

    def declared(self) -> list[Row]:
        """All servers as the first node has them loaded."""
        return server_rows(_TABLE, *last_loaded(self.admins[0], _TABLE))

    def loaded(self) -> dict[str, list[Row]]:
        """By node, the pair's servers as they were last loaded. Raises EngineError."""
        found = self.all(lambda admin: (admin.login.place, server_rows(_TABLE, *last_loaded(admin, _TABLE))))
        return {place: of_pair(rows, self.pair) for place, rows in found}

    def standing(self) -> list[Row]:
        """The pair's servers as they stand in the first node's runtime."""
        names, rows = self.admins[0].fetch_raw("SELECT * FROM runtime_mysql_servers")
        return of_pair(server_rows(_TABLE, names, rows), self.pair)

    def look(self) -> list[NodeLook]:
        return self.all(self._look)

    def _look(self, admin: Admin) -> NodeLook:
        rows = admin.fetch(
            "SELECT hostgroup_id, hostname, port, status FROM runtime_mysql_servers"
            f" WHERE hostgroup_id IN ({self.pair.writer}, {self.pair.reader})"
        )[1]
        section = SectionWork(SERVERS, [], True, True)
        section.complete(admin)
        loaded = of_pair(server_rows(_TABLE, *last_loaded(admin, _TABLE)), self.pair)
        return NodeLook(
            admin.login.place,
            frozenset(
                (int(group or 0), (str(host), int(port or 0)), str(status))
                for group, host, port, status in rows
            ),
            repr(sorted(map(sorted, (row.items() for row in loaded)))),
            self._monitored(admin),
            int(admin.variable(_WAIT) or 10000) / 1000,
            section.open_edits,
            self._pinned(admin),
            self._without_ca(admin, loaded),
        )

    def _monitored(self, admin: Admin) -> dict[Place, Monitored] | None:
        oldest = max(_STALE, 3 * int(admin.variable(_INTERVAL) or 1500) / 1000)
        try:
            rows = admin.fetch(
                "SELECT hostname, port, read_only, error, max(time_start_us) FROM"
                " monitor.mysql_server_read_only_log"
                f" WHERE time_start_us > (strftime('%s', 'now') - {oldest:.0f}) * 1000000 GROUP BY"
                " hostname, port"
            )[1]
        except StatementError as exc:
            if "no such table" not in str(exc.fields.get("answer")):
                raise
            return None
        return {
            (str(host), int(port or 0)): Monitored(None if found is None else found == "1", error or "")
            for host, port, found, error, _when in rows
        }

    def _pinned(self, admin: Admin) -> list[Busy]:
        rows = admin.fetch(
            "SELECT SessionID, user, cli_host, cli_port, status_flags FROM stats_mysql_processlist"
            f" WHERE hostgroup = {self.pair.writer} AND srv_host <> '' AND command = 'Sleep'"
        )[1]
        return [
            Busy(int(number or 0), str(user), f"{host}:{port}", 0, pinned_by(int(flags or 0)))
            for number, user, host, port, flags in rows
            if pinned_by(int(flags or 0))
        ]

    @staticmethod
    def _without_ca(admin: Admin, servers: Sequence[Row]) -> frozenset[Place]:
        if not any(row.get("use_ssl") for row in servers):
            return frozenset()
        secure = server_rows(_SECURE, *admin.fetch_raw(f"SELECT * FROM runtime_{_SECURE.name}"))
        for_all = any(admin.variable(name) for name in CA_FOR_ALL)
        return frozenset(map(place_of, without_ca(servers, secure, for_all)))

    def used(self, hostgroup: int, places: Iterable[Place] | None = None) -> dict[str, int]:
        """By node, how many connections to the hostgroup, or to these of its servers, are in use."""
        wanted = None if places is None else set(places)

        def ask(admin: Admin) -> int:
            rows = admin.fetch(
                "SELECT srv_host, srv_port, ConnUsed FROM stats_mysql_connection_pool WHERE hostgroup ="
                f" {hostgroup}"
            )[1]
            return sum(
                int(used or 0)
                for host, port, used in rows
                if wanted is None or (str(host), int(port or 0)) in wanted
            )

        return {admin.login.place: count for admin, count in zip(self.admins, self.all(ask)) if count}

    def unused(self, hostgroup: int, places: Iterable[Place] | None, deadline: float) -> dict[str, int]:
        """Wait until none is in use, twice in a row; else what still is, by node."""
        wanted = None if places is None else list(places)
        quiet = 0
        while True:
            left = self.used(hostgroup, wanted)
            quiet = 0 if left else quiet + 1
            if quiet > 1 or time.monotonic() > deadline:
                return left
            self.renew()
            time.sleep(_PAUSE)

    # -- writing

    def statements(self, rows: Sequence[Row]) -> list[Statement]:
        """What makes the pair's rows these, in memory and runtime."""
        groups = f"({self.pair.writer}, {self.pair.reader})"
        return [
            plain(f"DELETE FROM mysql_servers WHERE hostgroup_id IN {groups}"),
            *replace_rows(_TABLE, rows),
            # Not as Admin.load does it, which lets a second pass: who is held has no second to spare, and
            # no node has to pull this.
            load_statement(SERVERS),
        ]

    def load(self, rows: Sequence[Row]) -> dict[str, str]:
        """On all nodes; by node what went wrong."""
        statements = self.statements(rows)

        def write(admin: Admin) -> None:
            admin.revive()
            for statement in statements:
                admin.write(statement)

        return self._failures(self.at_once(write))

    def save(self) -> dict[str, str]:
        return self._failures(self.at_once(lambda admin: admin.write(save_statement(SERVERS))))

    def writers(self, admin: Admin) -> list[Place]:
        """The servers that are ONLINE in the writer hostgroup of a node."""
        rows = admin.fetch(
            "SELECT hostname, port FROM runtime_mysql_servers"
            f" WHERE hostgroup_id = {self.pair.writer} AND status = 'ONLINE'"
        )[1]
        return [(str(host), int(port or 0)) for host, port in rows]

    def apart(self, wanted: Sequence[Place], deadline: float) -> dict[str, str]:
        """Wait until all nodes write to these and nobody else; by node what is otherwise in the end."""
        while True:
            found = self.at_once(self.writers)
            left = {
                admin.login.place: each.message if isinstance(each, EngineError) else _texts(each)
                for admin, each in zip(self.admins, found)
                if isinstance(each, EngineError) or set(each) != set(wanted)
            }
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(_PAUSE)

    # -- sessions that keep a connection for nothing

    def keep(self) -> dict[str, str]:
        """By node, the variable that `let_go` changes; none where it changes nothing. Raises EngineError."""
        kept = dict(
            zip((admin.login.place for admin in self.admins), self.all(lambda admin: admin.variable(_KEEPS)))
        )
        if not any(int(value or 0) for value in kept.values()):
            return {}
        edited = [admin.login.place for admin, found in zip(self.admins, self.all(_edited)) if found]
        if edited:
            raise DeclarationError(f"{', '.join(edited)}: {_KEEPS} in memory was never loaded")
        return kept

    def let_go(self) -> None:
        """Have sessions give connections back after an INSERT with AUTO_INCREMENT, which they would keep.

        LAST_INSERT_ID() is answered by ProxySQL itself. Waits for those that keep one already. Raises
        EngineError.
        """
        self.all(lambda admin: _set(admin, "0"))
        longest = max(int(admin.variable(_KEEPS_FOR) or 10000) for admin in self.admins) / 1000
        deadline = time.monotonic() + longest + 0.5
        kept = self._idle()
        while kept and time.monotonic() < deadline:
            self.renew()
            time.sleep(0.05)
            kept &= self._idle()

    def _idle(self) -> set[tuple[str, str, str]]:
        """Sessions that do nothing and keep a connection to a writer, with the connection."""
        sql = (
            f"SELECT SessionID, l_srv_port FROM stats_mysql_processlist WHERE hostgroup = {self.pair.writer}"
            " AND command = 'Sleep' AND srv_host <> ''"
        )
        found = self.all(
            lambda admin: [(admin.login.place, str(one), str(port)) for one, port in admin.fetch(sql)[1]]
        )
        return {each for some in found for each in some}

    def keep_again(self, values: Mapping[str, str]) -> dict[str, str]:
        """As it was before, by node; by node what went wrong."""

        def back(admin: Admin) -> None:
            wanted = values.get(admin.login.place)
            if wanted:
                admin.revive()
                if admin.variable(_KEEPS) != wanted:
                    _set(admin, wanted)

        return self._failures(self.at_once(back))

    def _failures(self, found: Sequence[object]) -> dict[str, str]:
        return {
            admin.login.place: each.message
            for admin, each in zip(self.admins, found)
            if isinstance(each, EngineError)
        }


def _edited(admin: Admin) -> bool:
    names = literal(_KEEPS)
    memory = admin.value(f"SELECT variable_value FROM main.global_variables WHERE variable_name = {names}")
    return memory != admin.variable(_KEEPS)


def _set(admin: Admin, value: str) -> None:
    admin.write(
        plain(
            f"UPDATE global_variables SET variable_value = {literal(value)} WHERE variable_name ="
            f" {literal(_KEEPS)}"
        )
    )
    admin.write(load_statement(VARIABLES))


def _texts(places: Iterable[Place]) -> str:
    return ", ".join(map(text_of, places)) or "nobody"
