# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The status for the terminal: a compact table, what is to be done, and a verdict."""

from __future__ import annotations

from ._status import MANY, SHORT, Report, age
from ._status_gathered import gathered

#: Of so many others the names are shown.
_NAMES = 8


def text(report: Report) -> str:
    """Of many satellites, those with a finding are in the table."""
    satellites = sum(not node.is_core for node in report.nodes)
    shown = [
        node for node in report.nodes if node.is_core or satellites <= MANY or node.host in report.troubled
    ]
    rows = [
        ["node", "role", "version", "up", "VIP", *(SHORT.get(name, name.lower()) for name in report.sections)]
    ]
    for node in shown:
        if node.seen is None:
            rows.append([node.host, node.role, "no answer", "", "", *["?"] * len(report.sections)])
            continue
        rows.append(
            [
                node.host,
                node.role + (" (leader)" if node is report.leader else ""),
                str(node.seen["server_version"]),
                age(node.seen["uptime"]),
                ", ".join(node.seen["holds"]),
                *(report.cell(node, name) for name in report.sections),
            ]
        )
    if report.has_certificates:
        for row, cell in zip(rows, ["certificate", *(node.days_left for node in shown)]):
            row.insert(4, cell)
    lines = _columns(rows)
    if len(shown) < len(report.nodes):
        lines.append(f"{len(report.nodes) - len(shown)} satellites: in order")
    if report.backends:
        lines += ["", *_columns(_backend_rows(report))]
    lines.append("")
    for finding in gathered(report.findings):
        lines.append(f"{'!' if finding.serious else '-'} {finding.text}")
        if finding.others:
            more = ", ..." if len(finding.others) > _NAMES else ""
            lines.append(
                f"    the same of {len(finding.others)} others: {', '.join(finding.others[:_NAMES])}{more}"
            )
        lines.append(f"    {finding.todo}")
    count = sum(node.seen is not None for node in report.nodes)
    verdict = "healthy" if report.healthy else "NOT healthy"
    number = len(report.findings)
    findings = "1 finding" if number == 1 else f"{number} findings"
    lines.append(f"{verdict}: {count} of {len(report.nodes)} nodes answer, {findings}")
    return "\n".join(lines)


def _backend_rows(report: Report) -> list[list[str]]:
    rows = [["hostgroup", "role", "backend", "status (nodes)"]]
    for (hostgroup, backend), states in report.backends.items():
        shown = ", ".join(f"{state} ({number})" for state, number in states.items())
        rows.append([hostgroup, report.roles.get(hostgroup, ""), backend, shown])
    return rows if report.roles else [[row[0], *row[2:]] for row in rows]


def _columns(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(value.ljust(width) for value, width in zip(row, widths)).rstrip() for row in rows]
