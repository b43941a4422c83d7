# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The plan of a whole site, worked out of the inventory once a run; no host is touched.

What the roles and playbooks need of it they read here and do not work out again. It holds secrets, so
tasks that handle it whole say no_log; ``problems`` and ``warnings`` hold none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Callable

from . import (
    credentials,
    declared,
    layer,
    leading,
    linted,
    listen,
    logins,
    playbooks,
    questions,
    rotation,
    spread,
    tls,
)
from .node import Node, check_options, logins_of, seen_of, short, vips_of
from .options import ROLES, Typing, misspelt, playbook_options, role_options, unknown_names, without_prefix
from .playbooks import CORES, SATELLITES
from .problems import Problems
from .values import given, raw

# Read where they are needed: they may be long, and most hosts share them.
_TABLES = (*declared.TABLE_OPTIONS, "proxysql_tables")
_OUTSIDE = ("ansible_host",)
_LOGIN = (
    "proxysql_admin_user",
    "proxysql_admin_password",
    "proxysql_admin_port",
    "proxysql_login_host",
    "proxysql_connect_timeout",
)


@dataclass
class Asked:
    """What is planned, and for whom.

    roles: those whose variables are checked. playbook: which one asks; empty for a role by itself.
    hosts: those of the run. params: what is given to the role itself, which goes before the inventory.
    strategy: of the play. tags: those that the run is limited to.
    """

    roles: Sequence[str] = ROLES
    playbook: str = ""
    hosts: Sequence[str] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    strategy: str = "linear"
    tags: Sequence[str] = ()


class Site:
    """Filled step by step; ``result`` is what the roles see."""

    def __init__(
        self, hostvars: Mapping[str, Any], groups: Mapping[str, Sequence[str]], asked: Asked
    ) -> None:
        self.hostvars, self.asked = hostvars, asked
        self.cores = [str(name) for name in groups.get(CORES) or ()]
        others = groups.get(SATELLITES) or ()
        self.satellites = [str(name) for name in others if name not in self.cores]
        self.groups = {str(name): [str(host) for host in hosts] for name, hosts in groups.items()}
        alone: Sequence[str] = () if asked.playbook else asked.hosts
        if asked.playbook == "export":
            alone = self.groups.get("all", [])
        self.names = list(dict.fromkeys([*self.cores, *self.satellites, *alone]))
        self.problems, self.warnings = Problems(), Problems()
        self.typing = {role: Typing(_small(role)) for role in ROLES}
        self.playbook: dict[str, Any] = {}
        self.nodes: dict[str, Node] = {}
        self.lint: dict[str, Any] = {}
        self.rotations: list[dict[str, Any]] = []
        self.databases: list[dict[str, Any]] = []
        self.to_try: list[dict[str, Any]] = []
        self.questions: dict[str, Any] = {}
        self.layer: dict[str, Any] = {}

    def say(self, host: str) -> Callable[[str], None]:
        return lambda sentence: self.problems.add(sentence, host)

    def warn(self, host: str) -> Callable[[str], None]:
        return lambda sentence: self.warnings.add(sentence, host)

    # -- step by step

    def check_run(self) -> None:
        if self.asked.strategy not in ("linear", "mitogen_linear", "debug"):
            self.problems.add(
                f"the play's strategy is {self.asked.strategy}, with which hosts do not wait for each other: "
                "both cores could be restarted at once. Set strategy to linear in ansible.cfg or "
                "ANSIBLE_STRATEGY"
            )
        if self.asked.playbook in ("", "export"):
            return
        playbooks.check_hosts(
            self.cores, self.satellites, self.groups, self.asked.hosts, self.names, self.problems.add
        )

    def read_playbook(self, variables: Mapping[str, Any]) -> None:
        """The variables that only the playbook takes, of any host, for they are extra variables."""
        spec = playbook_options().get(playbooks.spec_of(self.asked.playbook), {})
        read = given(variables, spec, self.problems.add)
        self.playbook = Typing(spec).typed(read, self.problems.add)
        playbooks.check(
            self.asked.playbook,
            self.playbook,
            self.cores,
            self.satellites,
            self.asked.hosts,
            self.problems.add,
        )

    def read_nodes(self) -> None:
        for host in self.names:
            variables = self.hostvars[host]
            read = given(variables, _OUTSIDE, self.say(host))
            options: dict[str, Any] = {}
            refused: set[str] = set()
            for role in ROLES:
                # what another role would have to be given is not missed
                say = self.say(host) if role in self.asked.roles else _nothing
                if role != "keepalived" or host in self.cores or not self.cores:
                    read.update(given(variables, _small(role), say))
                    read.update(self.asked.params)
                options.update(self.typing[role].typed(read, say, refused))
            self.nodes[host] = self._node(host, options, read)
            self.nodes[host].refused = refused
            self.nodes[host].options["proxysql_postgresql"] = self._has_postgresql(variables)
            self._unknown(host, variables)

    def _has_postgresql(self, variables: Mapping[str, Any]) -> bool:
        """Whether rows are declared for it. What each node writes for itself is made without the tables,
        whose passwords would be looked up; here they are read before templating for the same reason."""
        untouched = {**raw(variables, ["proxysql_tables"]), **self._table_params()}
        found = declared.of_postgresql(untouched.get("proxysql_tables"))
        if not all(isinstance(rows, (list, type(None))) for rows in found):
            read = given(variables, ["proxysql_tables"], _nothing)
            # one that cannot be worked out closes no port
            found = declared.of_postgresql(read.get("proxysql_tables", True))
        return any(found)

    def plan_layer(self) -> None:
        by_name = self.nodes.__getitem__
        self.layer = layer.layer(map(by_name, self.cores), map(by_name, self.satellites), self.problems.add)
        for node in self.nodes.values():
            node.options["proxysql_layer"] = self.layer

    def read_logins(self) -> None:
        """For the playbook export: of hosts that are in no group yet, no more is known than how to log in."""
        typing = Typing({name: option for name, option in role_options("proxysql").items() if name in _LOGIN})
        chosen = playbooks.chosen(self.playbook["proxysql_export_hosts"], self.groups, self.problems.add)
        for host in self.names:
            read = given(self.hostvars[host], (*_OUTSIDE, *_LOGIN), self.say(host))
            options = typing.typed(read, self.say(host) if host in chosen else _nothing)
            self.nodes[host] = Node(host, options, str(read.get("ansible_host") or host))
            self._unknown(host, self.hostvars[host])

    def _node(self, host: str, options: dict[str, Any], read: Mapping[str, Any]) -> Node:
        address = str(options["proxysql_address"] or read.get("ansible_host") or host)
        options["proxysql_address"] = address
        for port in ("admin", "mysql"):
            options[f"proxysql_{port}_port"] = options[f"proxysql_{port}_port"] or (
                6032 if port == "admin" else 6033
            )
            if options[f"proxysql_{port}_interfaces"] is None:
                number = options[f"proxysql_{port}_port"]
                made = listen.default_interfaces(address, number, wide=port == "mysql")
                options[f"proxysql_{port}_interfaces"] = made
        if (options["proxysql_mysql_socket"] or "").startswith("/"):
            told = options["proxysql_mysql_interfaces"]
            options["proxysql_mysql_interfaces"] = [*told, options["proxysql_mysql_socket"]]
        often = spread.intervals(len(self.names), options["proxysql_monitor_checks"] or 0)
        base = options["proxysql_base_variables"] or {}
        usual = role_options("proxysql")["proxysql_base_variables"]["default"]
        seldom = spread.check_interval(len(self.names), base, usual)
        options["proxysql_base_variables"] = {**often, **base, **seldom}
        options["__given_stats_password"] = bool(options["proxysql_stats_password"])
        if not options["proxysql_stats_password"] and options["proxysql_admin_password"]:
            options["proxysql_stats_password"] = credentials.stats_password(
                options["proxysql_admin_password"]
            )
        return Node(host, options, address)

    def _unknown(self, host: str, variables: Mapping[str, Any]) -> None:
        playbook = playbooks.spec_of(self.asked.playbook)
        for name in without_prefix(variables, playbook):
            self.warnings.add(f"{name} has no effect: the playbook takes proxysql_{name}", host)
        # what a site is called is the inventory's to say
        whose = "" if playbook == "site" else playbook
        for name in unknown_names(variables):
            slip = misspelt(name, whose)
            if slip:
                self.problems.add(slip, host)
            else:
                self.warnings.add(f"{name} is no variable of this collection, and has no effect", host)

    def check_proxysql(self) -> None:
        seen: list[dict[str, Any]] = []
        watchers = {str(node.options["keepalived_check_user"] or "") for node in self.nodes.values()}
        for host, node in self.nodes.items():
            say, options = self.say(host), node.options
            credentials.check(options, say)
            listen.check(options, say)
            check_options(options, say)
            declared.check_variables(options, say, self.warn(host))
            if self.asked.playbook not in ("", "site"):
                continue
            # Rows are read of one host of those that declare the same.
            declares = raw(
                self.hostvars[host], (*_TABLES, "proxysql_allow_empty", "proxysql_state", "proxysql_scope")
            )
            if declares in seen:
                node.rows = seen.index(declares)
                continue
            node.rows = len(seen)
            seen.append(declares)
            rows = {**given(self.hostvars[host], _TABLES, say), **self._table_params()}
            whom = "" if len(self.nodes) > 1 else host
            before = len(self.problems)
            declared.check_tables({**options, **rows}, self.say(whom))
            layer.check(self.layer, declared.tables_of(rows), self.say(whom))
            if len(self.problems) == before:
                linted.check({**options, **rows}, len(self.names), self.problems.add, self.warnings.add)
            self.to_try.append(logins.to_try(options, declared.tables_of(rows), watchers))
        places = [
            f"{self.nodes[host].address}:{self.nodes[host].options['proxysql_admin_port']}"
            for host in self.names
        ]
        for place in _twice(places):
            hosts = [host for host, one in zip(self.names, places) if one == place]
            self.problems.add(
                f"{place} is the address of more than one host, {' and '.join(hosts)}; "
                "set proxysql_address on each"
            )

    def read_lint(self) -> None:
        """For the playbook lint: the declaration of one host, whose rows may be anything."""
        host = self.playbook["proxysql_lint_host"] or (self.cores[0] if self.cores else "")
        if host in self.nodes:
            say, options = self.say(host), self.nodes[host].options
            declares = {**options, **given(self.hostvars[host], _TABLES, say)}
            # what site refuses is no finding
            declared.check_variables(options, say, self.warn(host))
            declared.check_tables(declares, say)
            self.lint = linted.arguments(declares, len(self.names))

    def read_questions(self) -> None:
        """Satellites that a core asks: where they are, and what they declare."""
        asked = {host: self.nodes[host] for host in self.satellites}
        if self.asked.playbook == "site":
            # to what --limit leaves out nobody goes
            asked = {host: node for host, node in asked.items() if host in self.asked.hosts}
            if list(self.asked.tags) != ["configuration"] or not questions.carried(asked.values()):
                return
        given_word = self.playbook[f"proxysql_{self.asked.playbook}_over_ssh"]
        asking = set(self.cores) & set(self.asked.hosts)
        if asking and not questions.over_ssh(given_word, len(asked)):
            self.questions = questions.questions(asked, self.hostvars, self._members(), self.say)

    def read_rotations(self) -> None:
        """For the playbook rotate: users of the first core, who are those of all."""
        for host in self.cores[:1]:
            rows = given(self.hostvars[host], _TABLES, self.say(host))
            clients, admin = (
                [
                    {"host": node.address, "port": node.options[f"proxysql_{port}_port"]}
                    for node in self.nodes.values()
                ]
                for port in ("mysql", "admin")
            )
            options = self.nodes[host].options
            user, word = (str(options[f"proxysql_monitor_{what}"] or "") for what in ("user", "password"))
            nodes = rotation.Nodes(clients, admin, (user, word))
            tables = declared.tables_of(rows)
            self.rotations = rotation.rotations(tables, self.playbook, nodes, self.problems.add)
            self.databases = rotation.databases(tables)

    def _table_params(self) -> dict[str, Any]:
        return {name: value for name, value in self.asked.params.items() if name in _TABLES}

    def check_tls(self) -> None:
        certificates = tls.Certificates()
        for host, node in self.nodes.items():
            vips = vips_of(node)
            certificates.check(
                node.options,
                [node.address, *vips],
                self.say(host),
                self.warn(host),
            )
            if node.options["proxysql_tls_backends"]:
                rows = {**given(self.hostvars[host], ["proxysql_tables"], _nothing), **self._table_params()}
                tls.check_backends(node.options, rows.get("proxysql_tables") or {}, self.say(host))

    # -- what comes of it

    def _instances(self) -> list[dict[str, Any]]:
        """Of VRRP, whichever core has them: what does not differ between cores."""
        found: dict[str, dict[str, Any]] = {}
        for node in self.nodes.values():
            for one in node.found.get("instances", ()):
                found.setdefault(one["name"], one)
        return [
            {
                **{key: one[key] for key in ("name", "preempt", "priorities")},
                "vips": one["vips"] + one["excluded"],
            }
            for one in found.values()
        ]

    def _members(self) -> list[dict[str, Any]]:
        return [
            {"hostname": node.address, "port": node.options["proxysql_admin_port"], "comment": host}
            for host, node in self.nodes.items()
            if host in self.cores
        ]

    def result(self) -> dict[str, Any]:
        vips = [vip for node in self.nodes.values() for vip in vips_of(node)]
        logins = {one["host"]: one for node in self.nodes.values() for one in logins_of(node)}
        return {
            "problems": self.problems.lines(self.names, self.cores),
            "warnings": self.warnings.lines(self.names, self.cores),
            "roles": list(self.asked.roles),
            "cores": self.cores,
            "satellites": self.satellites,
            "nodes": self.names,
            "playbook": short(self.playbook, f"proxysql_{playbooks.spec_of(self.asked.playbook)}_"),
            "lint": self.lint,
            "rotations": self.rotations,
            "databases": self.databases,
            "to_try": self.to_try,
            "questions": self.questions,
            "vips": list(dict.fromkeys(vips)),
            "logins": list(logins.values()),
            "instances": self._instances(),
            "members": self._members(),
            "core_addresses": [self.nodes[host].address for host in self.cores],
            "places": {
                host: {"login_host": node.address, "login_port": node.options["proxysql_admin_port"]}
                for host, node in self.nodes.items()
            },
            "by_place": {
                f"{node.address}:{node.options['proxysql_admin_port']}": host
                for host, node in self.nodes.items()
            },
            "hosts": {host: seen_of(node) for host, node in self.nodes.items()},
        }


def plan(
    hostvars: Mapping[str, Any], groups: Mapping[str, Sequence[str]], asked: Asked, host: str = ""
) -> dict[str, Any]:
    """The whole plan. host: one whose variables have the extra variables, as all have."""
    site = Site(hostvars, groups, asked)
    site.check_run()
    if asked.playbook:
        site.read_playbook(hostvars[host])
    if asked.playbook == "export":
        site.read_logins()
        return site.result()
    site.read_nodes()
    if asked.playbook == "lint":
        site.read_lint()
        return site.result()
    if asked.playbook == "rotate":
        site.read_rotations()
    if "proxysql" in asked.roles:
        site.plan_layer()
        site.check_proxysql()
    if asked.playbook in ("site", "status"):
        site.read_questions()
    if "keepalived" in asked.roles:
        _plan_leading(site)
    if "proxysql" in asked.roles and asked.playbook in ("", "site"):
        site.check_tls()
    return site.result()


def _plan_leading(site: Site) -> None:
    hosts = site.cores or (site.names if not site.asked.playbook else [])

    def users(host: str) -> Any:
        read = {
            **given(site.hostvars[host], ["proxysql_mysql_users"], site.say(host)),
            **site._table_params(),
        }
        return read.get("proxysql_mysql_users")

    asked = leading.Asked(site.cores, users, site.say, site.warnings.add, "proxysql" in site.asked.roles)
    leading.plan([site.nodes[host] for host in hosts], asked)
    if any(site.nodes[host].health for host in hosts):
        return
    for host in site.satellites if site.cores else ():
        if given(site.hostvars[host], ["keepalived_health_port"], _nothing).get("keepalived_health_port"):
            site.warnings.add("keepalived_health_port is set, and only cores answer load balancers", host)


@cache
def _small(role: str) -> dict[str, Any]:
    return {name: option for name, option in role_options(role).items() if name not in _TABLES}


def _nothing(_sentence: str) -> None:
    """Of a role that is not asked for nothing is said."""


def _twice(places: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    return list(dict.fromkeys(one for one in places if one in seen or seen.add(one)))  # type: ignore[func-returns-value]
