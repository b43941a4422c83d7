# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The status as numbers, in Prometheus' text format, for the textfile collector of the node exporter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Union

from ._status import Node, Report

Values = Iterable[tuple[Mapping[str, str], Union[int, float]]]


def metrics(report: Report, hosts: Mapping[str, Any], asked: int) -> str:
    """hosts: of the plan of the site. asked: when the nodes were, in seconds since 1970."""
    options = {node.host: hosts[node.host]["proxysql"] for node in report.nodes}
    cluster = next((str(each["metrics_cluster"]) for each in options.values()), "")
    limits = [({"node": host}, int(each["limit_nofile"])) for host, each in options.items()]
    found = [*_all(report, asked), ("proxysql_status_files_limit", _LIMIT, limits)]
    return "".join(_one(name, what, cluster, values) for name, what, values in found)


_LIMIT = "How many files ProxySQL may have open, as declared."


def _all(report: Report, asked: int) -> Iterator[tuple[str, str, Values]]:
    yield "proxysql_status_healthy", "Whether nothing is to be done.", [({}, int(report.healthy))]
    serious = sum(finding.serious for finding in report.findings)
    yield "proxysql_status_findings", "Findings that make it unhealthy.", [({}, serious)]
    yield (
        "proxysql_status_asked_timestamp_seconds",
        "When the nodes were asked.",
        [({}, asked)],
    )
    answers = [({"node": node.host}, int(node.seen is not None)) for node in report.nodes]
    yield "proxysql_status_node_answers", "Whether the node answers.", answers
    holders = [({"vip": vip}, len(report.holders(vip))) for vip in report.vips]
    yield "proxysql_status_vip_holders", "How many nodes hold the virtual IP.", holders
    agrees = [
        ({"node": node.host, "section": section}, int(report.cell(node, section) == "="))
        for node in report.nodes
        for section in report.sections
        if report.cell(node, section) in ("=", "x")
    ]
    yield "proxysql_status_section_agrees", "Whether the node holds the same as the leader.", agrees
    seen = [(node, node.seen) for node in report.nodes if node.seen]
    known = [(node, each) for node, each in seen if not each.get("drift_unknown")]
    drift = [({"node": node.host}, _drifted(each)) for node, each in known]
    yield "proxysql_status_drift", "Rows and variables that differ from what is declared.", drift
    unknown = [({"node": node.host}, int(bool(each.get("drift_unknown")))) for node, each in seen]
    yield (
        "proxysql_status_drift_unknown",
        "Whether the node could not be compared with what is declared.",
        unknown,
    )
    waiting = [({"node": node.host}, len(each.get("restart_required") or ())) for node, each in known]
    yield "proxysql_status_restart_waiting", "Variables that take effect only after a restart.", waiting
    back = [
        ({"node": node.host, "by": name}, int(row["value"]))
        for node, each in seen
        for name, row in (each.get("set_back") or {}).items()
    ]
    yield (
        "proxysql_status_set_back",
        "What lowers the priority of the node as holder of the virtual IP.",
        back,
    )
    kept = [({"node": node.host}, each["kept"]) for node, each in seen if each.get("kept") is not None]
    yield "proxysql_status_restore_point_timestamp_seconds", "When the node last kept a restore point.", kept
    yield "proxysql_status_certificate_ends_timestamp_seconds", "When a certificate runs out.", _ends(seen)


def _drifted(seen: Mapping[str, Any]) -> int:
    return sum(sum(layers.values()) for layers in seen["drift"].values())


def _ends(seen: Iterable[tuple[Node, Mapping[str, Any]]]) -> Values:
    return [
        (
            {"node": node.host, "certificate": str(one["what"]), "serial": str(one["serial"])},
            int(one["ends"]),
        )
        for node, each in seen
        for one in each.get("certificates", ())
    ]


def _one(name: str, what: str, cluster: str, values: Values) -> str:
    lines = [f"{name}{_labels({'cluster': cluster, **labels})} {number}\n" for labels, number in values]
    return f"# HELP {name} {what}\n# TYPE {name} gauge\n" + "".join(lines) if lines else ""


def _labels(labels: Mapping[str, str]) -> str:
    quoted = (f'{name}="{_quoted(text)}"' for name, text in labels.items())
    return "{" + ",".join(quoted) + "}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
