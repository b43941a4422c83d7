# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The status as numbers, in Prometheus' text format, for the textfile collector of the node exporter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ._status import Report


def metrics(report: Report) -> str:
    serious = sum(finding.serious for finding in report.findings)
    answers = [({"node": node.host}, int(node.seen is not None)) for node in report.nodes]
    ends = [
        (
            {"node": node.host, "certificate": str(each["what"]), "serial": str(each["serial"])},
            int(each["ends"]),
        )
        for node in report.nodes
        for each in (node.seen or {}).get("certificates", ())
    ]
    return "".join(
        (
            _one("proxysql_status_healthy", "Whether nothing is to be done.", [({}, int(report.healthy))]),
            _one("proxysql_status_findings", "Findings that make it unhealthy.", [({}, serious)]),
            _one("proxysql_status_node_answers", "Whether the node answers.", answers),
            _one(
                "proxysql_status_certificate_ends",
                "When a certificate runs out, in seconds since 1970.",
                ends,
            ),
        )
    )


def _one(name: str, what: str, values: Iterable[tuple[Mapping[str, str], int]]) -> str:
    lines = [f"{name}{_labels(labels)} {number}\n" for labels, number in values]
    return f"# HELP {name} {what}\n# TYPE {name} gauge\n" + "".join(lines) if lines else ""


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    quoted = (f'{name}="{_quoted(text)}"' for name, text in labels.items())
    return "{" + ",".join(quoted) + "}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
