# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What many nodes' statuses say of the whole: judged here, shown by ``_status_text`` and ``_status_page``.

Pure: dicts in, text out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..module_utils._cluster.follow import Checksum, View, agree, leader_of, reason
from ..module_utils._server.certificates import WARN_DAYS, day
from ._status_backends import troubles, unused, well
from ._status_serving import serving

SHORT = {
    "ADMIN VARIABLES": "admin",
    "MYSQL VARIABLES": "variables",
    "MYSQL SERVERS": "servers",
    "MYSQL USERS": "users",
    "MYSQL QUERY RULES": "rules",
    "PROXYSQL SERVERS": "cluster",
}

#: So many satellites are shown one by one; of more, those with a finding.
MANY = 12


@dataclass(eq=False)
class Node:
    """One host of the inventory. seen: what the module status returned, None where it did not."""

    host: str
    role: str
    seen: dict[str, Any] | None
    error: str = ""
    view: View | None = None

    @property
    def days_left(self) -> str:
        """Until the first of its certificates runs out."""
        days = [int(each["days_left"]) for each in (self.seen or {}).get("certificates", ())]
        return f"{min(days)} d" if days else ""

    @property
    def is_core(self) -> bool:
        return self.role == "core"


@dataclass
class Finding:
    """Something to know. serious: the whole is not healthy with it."""

    text: str
    todo: str
    serious: bool = True
    host: str = ""


@dataclass
class Report:
    nodes: list[Node]
    vips: list[str]
    # addresses of hosts that are no nodes
    outside: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sections: list[str] = field(default_factory=list)
    leader: Node | None = None
    findings: list[Finding] = field(default_factory=list)
    # of nodes that were asked together: rows with the number of nodes
    counted: Sequence[Mapping[str, Any]] = ()

    @property
    def has_certificates(self) -> bool:
        return any((node.seen or {}).get("certificates") for node in self.nodes)

    @property
    def healthy(self) -> bool:
        return not any(finding.serious for finding in self.findings)

    @cached_property
    def roles(self) -> dict[str, str]:
        """What hostgroups are for, as the leader or else any node says."""
        asked = [self.leader] if self.leader else []
        told = [(node.seen or {}).get("hostgroup_roles") for node in [*asked, *self.nodes]]
        return next((dict(each) for each in told if each), {})

    def cell(self, node: Node, section: str) -> str:
        """=: agrees with the leader, x: does not, ?: not known, blank: the server has no such section."""
        if node.view is None or self.leader is None or self.leader.view is None:
            return "?"
        if section not in node.view.sections and section not in self.leader.view.sections:
            return ""
        return "=" if agree(node.view, self.leader.view, section) else "x"

    def holders(self, vip: str) -> list[Node]:
        return [node for node in self.nodes if node.seen and vip in node.seen["holds"]]

    @cached_property
    def troubled(self) -> set[str]:
        """Hosts that a serious finding is about, or that do not agree. To be asked for once it is judged."""
        return {each.host for each in self.findings if each.serious and each.host} | {
            node.host
            for node in self.nodes
            if node.seen is None or any(self.cell(node, section) in ("x", "?") for section in self.sections)
        }

    @cached_property
    def backends(self) -> dict[tuple[str, str], Counter[str]]:
        """(hostgroup, backend) -> on how many nodes it has which status."""
        found: dict[tuple[str, str], Counter[str]] = {}
        rows = [each for node in self.nodes for each in (node.seen or {}).get("backends", ())]
        for each in [*rows, *self.counted]:
            key = (str(each["hostgroup"]), "{}:{}".format(each["host"], each["port"]))
            found.setdefault(key, Counter())[str(each["status"])] += int(each.get("nodes", 1))
        return dict(sorted(found.items(), key=lambda item: (int(item[0][0]), item[0][1])))

    @cached_property
    def well(self) -> set[tuple[str, str]]:
        """The backends that serve as what their hostgroup is for."""
        return well(self.roles, self.backends)

    @cached_property
    def unused(self) -> set[tuple[str, str]]:
        return unused(self.well, self.backends)


def judge(
    nodes: Sequence[Mapping[str, Any]],
    vips: Sequence[str],
    outside: Mapping[str, Sequence[str]] | None = None,
    counted: Sequence[Mapping[str, Any]] = (),
) -> Report:
    """nodes: host, role (core or satellite), seen (result of the module node_info) or error.

    outside: addresses of the inventory's other hosts. counted: backends as the module nodes_info counts them.
    """
    made = [
        Node(str(each["host"]), str(each["role"]), each.get("seen"), str(each.get("error") or ""))
        for each in nodes
    ]
    for node in made:
        node.view = _view(node.seen["cluster"]) if node.seen else None
    report = Report(made, [vip.partition("/")[0] for vip in vips], outside or {}, counted=counted)
    report.sections = [
        name for name in SHORT if any(node.view and name in node.view.sections for node in made)
    ] + sorted({name for node in made if node.view for name in node.view.sections} - set(SHORT))
    cores = [node for node in made if node.is_core and node.view]
    chosen = leader_of([node.view for node in cores if node.view], report.sections)
    report.leader = next((node for node in cores if node.view is chosen), cores[0] if cores else None)
    looks = (
        _missing,
        _clocks_apart,
        _agreement,
        _vips,
        _serving,
        _backends,
        _drift,
        _members,
        _certificates,
    )
    for look in looks:
        report.findings += look(report)
    return report


def _view(cluster: Mapping[str, Any]) -> View:
    return View(
        name=cluster["name"],
        version=cluster["version"],
        sections={
            name: Checksum(seen["checksum"], int(seen["version"]), int(seen["epoch"]))
            for name, seen in cluster["sections"].items()
        },
        follows=tuple(cluster["follows"]),
        diffs={name: int(value) for name, value in cluster["diffs_before_sync"].items()},
        interval=float(cluster["check_interval"]),
        heard={name: int(value) for name, value in cluster["heard"].items()},
        now=int(cluster["now"]),
        login=(cluster["user"], cluster["login_mark"]),
        accepts=frozenset((mark.rpartition(":")[0], mark) for mark in cluster["accepts_marks"]),
    )


def _missing(report: Report) -> list[Finding]:
    if not report.nodes:
        return [
            Finding(
                "there is no node to ask",
                "is it the right inventory? Its groups are proxysql_core and proxysql_satellite",
            )
        ]
    found = [_silent(node) for node in report.nodes if node.seen is None]
    versions = {node.view.version for node in report.nodes if node.view}
    if len(versions) > 1:
        found.append(
            Finding(
                "the nodes run different versions of ProxySQL, which do not follow each other: "
                + ", ".join(f"{n.host} {n.view.version}" for n in report.nodes if n.view),
                "finish the upgrade; until then use proxysql_cluster_mode=push",
            )
        )
    return found


def _silent(node: Node) -> Finding:
    error = node.error or "unreachable"
    if "refused the login" in error:
        return Finding(
            f"{node.host} lets nobody in: {error}",
            "compare the login with the vault; see Access denied in Troubleshooting",
            host=node.host,
        )
    return Finding(
        f"{node.host} gives no answer: {error.removeprefix('Task failed: ')}",
        "look at the host and at `systemctl status proxysql` there; when back it catches up by itself, or"
        " by a run of site where logins were changed meanwhile",
        host=node.host,
    )


def _agreement(report: Report) -> list[Finding]:
    leader = report.leader
    if leader is None or leader.view is None:
        return []
    views = [leader.view] + [node.view for node in report.nodes if node.view and node is not leader]
    found = []
    for node in report.nodes:
        if node.view is None or node is leader:
            continue
        why: dict[str, list[str]] = {}
        for section in report.sections:
            if not agree(node.view, leader.view, section):
                text = reason(views, node.view, section).partition("; it has")[0]
                why.setdefault(text, []).append(section)
        for text, names in why.items():
            found.append(
                Finding(
                    f"{node.host} does not agree with {leader.host} on {', '.join(names)}: {text}",
                    "wait a few seconds and look again" if "has not yet" in text else "run the playbook site",
                    host=node.host,
                )
            )
    return found


# Hosts are asked in batches, one after the other; clocks that are wrong are so by hours most often.
_CLOCKS = 300


def clocks(times: Mapping[str, int]) -> str:
    """Whose clock differs from the others', as a sentence, or an empty text. times: by host, in seconds."""
    middle = sorted(times.values())[len(times) // 2] if times else 0
    apart = {host: time - middle for host, time in times.items() if abs(time - middle) > _CLOCKS}
    if not apart:
        return ""
    return "clocks are apart: " + ", ".join(
        # to the minute: they were not all asked in the same second
        f"that of {host} is {age(60 * round(abs(by) / 60))} {'ahead of' if by > 0 else 'behind'} the others'"
        for host, by in apart.items()
    )


def _clocks_apart(report: Report) -> list[Finding]:
    apart = clocks({node.host: node.view.now for node in report.nodes if node.view and node.view.now})
    return [Finding(apart, "set the clocks before anything is written; epochs are compared")] if apart else []


def _vips(report: Report) -> list[Finding]:
    found = []
    for vip in report.vips:
        nodes = report.holders(vip)
        hosts = [node.host for node in nodes]
        hosts += [host for host, addresses in report.outside.items() if vip in addresses]
        strangers = set(hosts) - {node.host for node in nodes if node.is_core}
        if len(hosts) != 1 or strangers:
            where = "on no host of the inventory" if not hosts else "on " + " and ".join(hosts)
            found.append(
                Finding(
                    f"the virtual IP {vip} is {where}"
                    + (f"; {', '.join(sorted(strangers))} should never hold it" if strangers else ""),
                    "look at the journal of keepalived on the cores"
                    + ("; they may not reach each other" if hosts else ""),
                )
            )
    return found


def _serving(report: Report) -> list[Finding]:
    seen = {node.host: node.seen for node in report.nodes if node.is_core}
    return [Finding(*row) for row in serving(seen, bool(report.vips))]


def _backends(report: Report) -> list[Finding]:
    return [Finding(text, todo) for text, todo in troubles(report.roles, report.well, report.backends)]


def _drift(report: Report) -> list[Finding]:
    found = []
    for node in report.nodes:
        seen = node.seen or {}
        if seen.get("drift"):
            parts = [
                "{} ({})".format(title, ", ".join(f"{layer} {number}" for layer, number in layers.items()))
                for title, layers in seen["drift"].items()
            ]
            found.append(
                Finding(
                    f"{node.host} differs from what is declared: {', '.join(parts)}",
                    "see what with `site --check --diff`, then run the playbook site",
                    host=node.host,
                )
            )
        if seen.get("drift_unknown"):
            found.append(
                Finding(f"{node.host}: {seen['drift_unknown']}", "correct the inventory", host=node.host)
            )
        if seen.get("restart_required"):
            names = ", ".join(seen["restart_required"])
            found.append(Finding(f"{node.host} waits for a restart: {names}", "restart it", host=node.host))
    return found


def _members(report: Report) -> list[Finding]:
    """Who is followed though the inventory does not know it, and who follows nobody."""
    known = {node.view.name for node in report.nodes if node.view}
    unknown_to_us = sum(node.view is None for node in report.nodes)
    strays = {name for node in report.nodes if node.view for name in node.view.follows} - known
    if len(strays) <= unknown_to_us:
        return []
    return [
        Finding(
            "proxysql_servers has {}, which no host of the inventory answers to".format(
                ", ".join(sorted(strays))
            ),
            "add it to the inventory, or run the playbook site, which takes it out",
        )
    ]


def _certificates(report: Report) -> list[Finding]:
    """Those that end soon or have ended; one finding for all nodes that have the same."""
    hosts: dict[tuple[str, str, int, int], list[str]] = {}
    for node in report.nodes:
        for each in (node.seen or {}).get("certificates", ()):
            if each["days_left"] <= WARN_DAYS:
                key = (each["what"], each["serial"], each["ends"], each["days_left"])
                hosts.setdefault(key, []).append(node.host)
    found = []
    for (what, _serial, ends, left), names in hosts.items():
        which = "the certificate that clients are shown" if what == "clients" else f"a certificate in {what}"
        when = f"runs out on {day(ends)}, in {left} days" if left >= 0 else f"has run out on {day(ends)}"
        todo = "set proxysql_tls_certificate and its key" if what == "clients" else "renew it"
        found.append(
            Finding(
                f"{which} {when}, on {', '.join(names)}",
                f"{todo}, and run the playbook site",
                serious=left < 0,
                host=names[0] if len(names) == 1 else "",
            )
        )
    return found


def age(seconds: int) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
