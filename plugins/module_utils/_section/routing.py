# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a second ProxySQL sends a query, asked of itself: it is given users that it can know, and backends
that only say where they are.

Each rule's number is put into its `timeout`, which a session shows of the last rule that matched
(`PROXYSQL INTERNAL SESSION`, get_info_json in lib/Query_Processor.cpp, 2.7.1): its hits are counted a
second late.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._catalog.tables import SECTIONS, TABLES
from .._declared.rows import Row
from .._server.admin import Admin, load_statement
from .._server.answering import Backends
from .._server.client import Answer, Client, ClientError
from .._server.second import Second
from .._server.sql import literal, plain
from .rehearsal import empty, raw_rows, set_variables, write_rows

_PASSWORD = "rehearsal"
# No name that an application's user has.
_PROBE = f"rehearsal-probe-{secrets.token_hex(6)}"
# Each question passes all rules that are loaded, so not all patterns are asked about at once.
_BATCH = 200
_WRONG = "does not compile"
# Milliseconds that no query runs for.
_MARK = 1000000000
# Seconds in which a mirrored query has arrived, too, and where one is expected.
_MIRROR, _MIRROR_EXPECTED = 0.2, 2.0
# How the second server, or the machine, says that it was too slow; of a hostgroup that has a backend here.
_LATE = re.compile(
    r"Max connect timeout reached while reaching hostgroup (\d+)"
    r"|(?:cannot log in: )?Lost connection .*timed out|cannot log in: .*timed out"
)
_HOSTGROUP = re.compile(r"reaching hostgroup (\d+)")
_SETS = ("mysql_replication_hostgroups", "mysql_group_replication_hostgroups", "mysql_galera_hostgroups",
         "mysql_aws_aurora_hostgroups")  # fmt: skip
_VERBS = re.compile(r"(?:\(\*[A-Z0-9_=]+\))+")
_ENGINES = {"1": "PCRE", "2": "RE2"}

# So that a rehearsal is over soon, and clients may say where they come from.
_VARIABLES = {
    "mysql-proxy_protocol_networks": "*",
    "mysql-connect_timeout_server_max": "500",
    "mysql-poll_timeout": "100",
    "mysql-poll_timeout_on_failure": "100",
    "mysql-default_query_delay": "0",
}
_PATIENT = {"mysql-connect_timeout_server_max": "10000"}


@dataclass
class Rules:
    """The rules that are active in memory, as they are sent, and what they are used for here."""

    rows: list[Row]
    engine: str

    @property
    def active(self) -> list[Row]:
        return [row for row in self.rows if row["active"] == "1"]


def rules_of(second: Admin) -> Rules:
    number = second.value(
        "SELECT variable_value FROM runtime_global_variables"
        " WHERE variable_name = 'mysql-query_processor_regex'"
    )
    return Rules(raw_rows(second, TABLES["mysql_query_rules"]), _ENGINES.get(number or "1", "PCRE"))


def users_known(second: Admin) -> None:
    """Give every user a password that is known here, and one more user who asks about patterns."""
    second.execute(plain(f"UPDATE mysql_users SET use_ssl = 0, password = {literal(_PASSWORD)}"))
    second.execute(
        plain(
            "REPLACE INTO mysql_users (username, password, default_hostgroup)"
            f" VALUES ({literal(_PROBE)}, {literal(_PASSWORD)}, 0)"
        )
    )
    second.execute(load_statement(SECTIONS["MYSQL USERS"]))


# -- patterns ----------------------------------------------------------------------------


def wrong_patterns(server: Second, second: Admin, rules: Rules) -> list[dict[str, Any]] | None:
    """Active rules with a pattern that does not compile, which ProxySQL loads without a word.

    With an empty alternative before it each pattern that compiles matches any query. None: this server
    applies no rules (an emulator).
    """
    uses: dict[tuple[str, str], list[tuple[Row, str]]] = {}
    for row in rules.active:
        for column in ("match_digest", "match_pattern"):
            if row.get(column):
                key = (str(row[column]), str(row["re_modifiers"] or ""))
                uses.setdefault(key, []).append((row, column))
    # The first shows that rules are applied at all.
    asked = [(".", ""), *uses]
    set_variables(second, {"mysql-firewall_whitelist_enabled": "false"})
    empty(second, "mysql_query_rules_fast_routing")
    wrong = []
    try:
        with Client(server.client_socket, _PROBE, _PASSWORD, None) as client:
            for begin in range(0, len(asked), _BATCH):
                batch = asked[begin : begin + _BATCH]
                _load_probes(second, batch)
                for number, key in enumerate(batch):
                    client.use(f"p{number}")
                    error = client.ask("probe").error
                    if error is not None and begin + number == 0:
                        return None
                    wrong += uses[key] if error and _WRONG in error else []
    except ClientError:
        return None
    return [
        {
            "rule": int(str(row["rule_id"])),
            "column": column,
            "pattern": row[column],
            "why": f"{_WRONG} as {rules.engine}{_hint(str(row[column]))}",
        }
        for row, column in wrong
    ]


def _load_probes(second: Admin, patterns: Sequence[tuple[str, str]]) -> None:
    """A rule for each pattern, which a query finds by its schema, and one for those that match nothing."""
    always: Row = {"active": 1, "username": _PROBE, "apply": 1}
    probes: list[Row] = [
        {
            **always,
            "rule_id": number,
            "schemaname": f"p{number}",
            "match_pattern": "{}|{}".format(*_after_verbs(pattern)),
            "re_modifiers": modifiers,
            "OK_msg": "compiles",
        }
        for number, (pattern, modifiers) in enumerate(patterns)
    ]
    probes.append({**always, "rule_id": len(patterns), "error_msg": _WRONG})
    empty(second, "mysql_query_rules")
    write_rows(second, TABLES["mysql_query_rules"], probes)
    second.execute(load_statement(SECTIONS["MYSQL QUERY RULES"]))


def _after_verbs(pattern: str) -> tuple[str, str]:
    """A pattern parted after what PCRE takes at its very beginning alone, such as (*UTF8)."""
    match = _VERBS.match(pattern)
    end = match.end() if match else 0
    return pattern[:end], pattern[end:]


def _hint(pattern: str) -> str:
    """What Python says of the pattern, where it does not take it either: ProxySQL says nothing."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as exc:
        return f" ({exc})"
    return ""


def never_matching(second: Admin, rules: Rules) -> list[dict[str, Any]]:
    """Active rules that no query can come to: of a user who is none, or in a flag that nothing sets."""
    users = {row[0] for row in second.fetch("SELECT username FROM runtime_mysql_users WHERE frontend = 1")[1]}
    flags = {"0"}
    for row in rules.active:
        flags.update(
            str(row.get(name)) for name in ("flagOUT", "next_query_flagIN", "mirror_flagOUT") if row.get(name)
        )
    found = []
    for row in rules.active:
        rule = int(str(row["rule_id"]))
        if row["username"] and row["username"] not in users:
            why = f"can never match: there is no active user {row['username']}"
            found.append({"rule": rule, "column": "username", "why": why})
        if str(row["flagIN"]) not in flags:
            why = f"can never match: no active rule sets the flag {row['flagIN']}"
            found.append({"rule": rule, "column": "flagIN", "why": why})
    return found


# -- expectations ------------------------------------------------------------------------


def ask_all(
    server: Second,
    second: Admin,
    rules: Rules,
    saved: Mapping[str, list[Row]],
    firewall: str,
    expected: Sequence[Any],
) -> list[dict[str, Any]]:
    """What becomes of each expectation's query. saved: tables that the search for patterns emptied."""
    marks = {_MARK + number: row for number, row in enumerate(rules.rows, 1)}
    table = TABLES["mysql_query_rules"]
    empty(second, table.name)
    # No delay, and no log of queries, which may be secret.
    write_rows(
        second,
        table,
        [{**row, "timeout": str(mark), "delay": None, "log": "0"} for mark, row in marks.items()],
    )
    for name, rows in saved.items():
        write_rows(second, TABLES[name], rows)
    second.execute(load_statement(SECTIONS["MYSQL QUERY RULES"]))
    set_variables(second, {**_VARIABLES, "mysql-firewall_whitelist_enabled": firewall})
    filled = _filled(second)
    with Backends(server.folder, sorted(filled | _named(second))) as backends:
        _replace_servers(second, backends)
        asking = _Asking(server, second, backends, marks, filled)
        return [asking.expectation(each) for each in expected]


def _filled(second: Admin) -> set[int]:
    """Hostgroups that have servers, as far as tables tell: a monitor moves servers in a set."""
    query = "SELECT DISTINCT hostgroup_id FROM mysql_servers WHERE upper(status) NOT LIKE 'OFFLINE%'"
    found = {int(row[0] or 0) for row in second.fetch(query)[1]}
    for name in _SETS:
        for row in raw_rows(second, TABLES[name]):
            columns = [each for each in TABLES[name].hostgroups if not each.startswith("offline")]
            group = {int(str(row[column])) for column in columns}
            if row.get("active", "1") != "0" and group & found:
                found |= group
    return found


def _named(second: Admin) -> set[int]:
    """Hostgroups that a user or a rule leads to."""
    parts = [
        "SELECT default_hostgroup FROM mysql_users",
        "SELECT destination_hostgroup FROM mysql_query_rules",
        "SELECT mirror_hostgroup FROM mysql_query_rules",
        "SELECT destination_hostgroup FROM mysql_query_rules_fast_routing",
    ]
    return {
        int(row[0])
        for row in second.fetch(" UNION ".join(parts))[1]
        if row[0] is not None and int(row[0]) >= 0
    }


def _replace_servers(second: Admin, backends: Backends) -> None:
    empty(second, "mysql_servers")
    rows: list[Row] = [
        {"hostgroup_id": hostgroup, "hostname": path, "port": 0} for hostgroup, path in backends.paths.items()
    ]
    write_rows(second, TABLES["mysql_servers"], rows)
    second.execute(load_statement(SECTIONS["MYSQL SERVERS"]))


@dataclass
class _Asking:
    server: Second
    second: Admin
    backends: Backends
    marks: Mapping[int, Row]
    filled: set[int]
    mirrors: set[int] = field(init=False)
    mirrors_on: bool = field(init=False)

    def __post_init__(self) -> None:
        mirroring = [
            row for row in self.marks.values() if row.get("mirror_hostgroup") or row.get("mirror_flagOUT")
        ]
        self.mirrors = {int(str(row["rule_id"])) for row in mirroring}
        # Of a chain the session shows the last rule only.
        self.mirrors_on = any(row.get("flagOUT") for row in mirroring)

    def expectation(self, expected: Mapping[str, Any]) -> dict[str, Any]:
        """An expectation with what was found, and whether that is it; None: there was no answer in time."""
        place = {name: expected[name] for name in ("user", "schema", "client_address") if expected.get(name)}
        answers = self._answers(expected)
        if self._late(answers) is not None:
            set_variables(self.second, _PATIENT)
            answers = self._answers(expected)
        late = self._late(answers)
        for each in answers[late:] if late is not None else ():
            each["ok"] = None
        if not expected.get("statements"):
            return {**place, **answers[0]}
        found = [each["ok"] for each in answers]
        return {
            **place,
            "statements": answers,
            "ok": False if False in found else None if None in found else True,
        }

    def _late(self, answers: Sequence[Mapping[str, Any]]) -> int | None:
        """Which is the first that was not answered for want of time alone."""
        for number, each in enumerate(answers):
            match = _LATE.match(each["found"].get("error", ""))
            if match and not each["ok"] and (match[1] is None or int(match[1]) in self.backends.paths):
                return number
        return None

    def _answers(self, expected: Mapping[str, Any]) -> list[dict[str, Any]]:
        statements = expected.get("statements") or [expected]
        answers: list[dict[str, Any]] = []
        try:
            with Client(
                self.server.client_socket,
                expected["user"],
                _PASSWORD,
                expected.get("schema"),
                expected.get("client_address"),
            ) as client:
                previous: int | None = None
                for each in statements:
                    found, previous = self._ask(client, each, previous)
                    answers.append(_judged(each, found))
        except ClientError as exc:
            error = {"error": f"cannot log in: {exc}"}
            answers += [_judged(each, dict(error)) for each in statements[len(answers) :]]
        return answers

    def _ask(
        self, client: Client, expected: Mapping[str, Any], previous: int | None
    ) -> tuple[dict[str, Any], int | None]:
        query = expected["query"]
        before = len(self.backends.arrived)
        answer = client.ask(query)
        mark = client.mark()
        rule = self._rule(mark, previous, answer)
        found: dict[str, Any] = {"rule": rule}
        arrival = self.backends.arrival(answer.number)
        if arrival is not None:
            found["hostgroup"] = arrival.hostgroup
            if arrival.text != query:
                found["rewritten"] = arrival.text
            if arrival.hostgroup not in self.filled:
                found["error"] = f"hostgroup {arrival.hostgroup} has no server"
            again = client.ask(query) if expected.get("cached") is not None else answer
            found["cached"] = arrival.number <= before or (
                again is not answer and again.number == answer.number
            )
        if answer.error is not None:
            found["error"] = answer.error
            hostgroup = _HOSTGROUP.search(answer.error)
            if hostgroup:
                found["hostgroup"] = int(hostgroup.group(1))
        if rule in self.mirrors or self.mirrors_on or expected.get("mirrored") is not None:
            patience = _MIRROR if expected.get("mirrored") is None else _MIRROR_EXPECTED
            mirrored = self._mirrored(before, answer.number, arrival.text if arrival else query, patience)
            if mirrored is not None:
                found["mirrored"] = mirrored
        return found, mark

    def _rule(self, mark: int | None, previous: int | None, answer: Answer) -> int | None:
        """The last rule that matched. What ProxySQL answers by itself leaves the mark of the query before."""
        if mark is None or mark not in self.marks:
            return None
        if mark == previous and not answer.number and answer.error is None:
            return None
        return int(str(self.marks[mark]["rule_id"]))

    def _mirrored(self, before: int, number: int, text: str, patience: float) -> int | None:
        deadline = time.monotonic() + patience
        while True:
            others = [each for each in self.backends.arrived[before:] if each.number != number]
            same = [each for each in others if each.text == text] or [
                each for each in others if not each.text.upper().startswith("SET ")
            ]
            if same or time.monotonic() > deadline:
                return same[0].hostgroup if same else None
            time.sleep(0.005)


_EXPECTED = ("hostgroup", "rule", "mirrored", "cached", "rewritten")


def _judged(expected: Mapping[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    given = {name: expected[name] for name in (*_EXPECTED, "error") if expected.get(name) is not None}
    wrong = [
        name
        for name in _EXPECTED
        if name in given and found.get(name, False if name == "cached" else None) != given[name]
    ]
    error = found.get("error")
    if "error" in given:
        if error is None or given["error"] not in error:
            wrong.append("error")
    elif error is not None:
        wrong.append("error")
    shown = {
        name: value for name, value in found.items() if value is not None and (name != "cached" or value)
    }
    return {"query": expected["query"], "expected": given, "found": shown, "ok": not wrong}
