# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The status as one HTML file that needs nothing else: no script, no font, no other file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from ._status import MANY, SHORT, Node, Report, age
from ._status_drawing import LEGEND, drawing
from ._status_drawing import declared as _declared
from ._status_gathered import gathered

# Contrasts are tested: 4.5 for text, 3 for lines.
_STYLE = """
:root { color-scheme: light dark; --back: #ffffff; --ink: #1f2328; --faint: #59636e;
  --good: #1a7f37; --bad: #cf222e; --line: #818b98; --on: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0d1117; --ink: #e6edf3; --faint: #9198a1;
    --good: #3fb950; --bad: #f85149; --line: #6e7681; --on: #0d1117; } }
* { box-sizing: border-box; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 70rem;
  background: var(--back); color: var(--ink); }
h1 { font-size: 1.3rem; margin: 0 0 .2rem; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.verdict { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; color: var(--on);
  font-weight: 600; }
.good { background: var(--good); } .bad { background: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem .8rem; margin: .8rem 0; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; padding: .2rem .6rem; color: var(--faint); }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { position: sticky; left: 0; background: var(--back); } tbody th { font-weight: 400; }
td.names { white-space: normal; }
@media (max-width: 600px) { .more { display: none; } th, td { padding: .3rem .35rem; } }
details { margin: .5rem 0; } summary { cursor: pointer; padding: .5rem .6rem; }
td.same, dd.same { color: var(--good); } td.apart, dd.apart { color: var(--bad); font-weight: 700; }
ul { padding: 0; list-style: none; }
.findings > li { margin: .5rem 0; padding-left: .7rem; border-left: 4px solid var(--line);
  overflow-wrap: anywhere; }
.findings > li.serious { border-color: var(--bad); } small { color: var(--faint); display: block; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; font-size: .85rem; color: var(--faint); }
.legend li { display: flex; align-items: center; gap: .4rem; }
.legend svg { width: 34px; height: 20px; flex: none; }
svg { width: 100%; height: auto; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
svg .box { fill: var(--back); stroke: var(--line); stroke-width: 1.5; } svg .box.ok { stroke: var(--good); }
svg .box.off { stroke: var(--bad); stroke-dasharray: 4 3; } svg line { stroke: var(--line); }
svg line.off { stroke: var(--bad); stroke-dasharray: 4 3; }
svg .faint { fill: var(--faint); font-size: 11px; }
"""


def page(report: Report, title: str, when: str) -> str:
    """One self-contained HTML document."""
    verdict = ("good", "healthy") if report.healthy else ("bad", "not healthy")
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}: {verdict[1]}</title><style>{_STYLE}</style></head><body>",
        f'<h1>{escape(title)} <span class="verdict {verdict[0]}">{verdict[1]}</span></h1>',
        f"<small>{escape(when)}</small>",
        _findings(report),
        _facts(report),
        "<h2>Topology</h2>",
        drawing(report),
        LEGEND,
        "<h2>What is declared, and what is</h2>",
        _held(report),
        "<h2>Nodes and sections</h2>",
        _matrix(report),
        "<h2>Backends</h2>",
        _backends(report),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _findings(report: Report) -> str:
    if not report.findings:
        return "<p>Nothing to do.</p>"
    rows = []
    for each in gathered(report.findings):
        others = (
            f"<details><summary>{_also(each.others)}</summary>{escape(', '.join(each.others))}</details>"
            if each.others
            else ""
        )
        rows.append(
            f'<li class="{"serious" if each.serious else "note"}">{_text(each.text)}'
            f"<small>{_text(each.todo)}</small>{others}</li>"
        )
    return '<ul class="findings">' + "".join(rows) + "</ul>"


def _also(others: Sequence[str]) -> str:
    return f"the same of {len(others)} others"


def _facts(report: Report) -> str:
    """Who does what, in a few lines, however many nodes there are."""
    rows = []
    for vip in report.vips:
        hosts = [node.host for node in report.holders(vip)]
        rows.append((f"virtual IP {vip}", " and ".join(hosts) or "nobody holds it", len(hosts) == 1))
    rows.append(("leader", report.leader.host if report.leader else "none", bool(report.leader)))
    seen = [node for node in report.nodes if node.seen]
    rows.append(("nodes", f"{len(seen)} of {len(report.nodes)} answer", len(seen) == len(report.nodes)))
    held = sum(_declared(node) == "=" for node in report.nodes)
    rows.append(("as declared", f"{held} of {len(report.nodes)}", held == len(report.nodes)))
    groups: dict[str, list[bool]] = {}
    for key in (key for key in report.backends if key not in report.unused):
        groups.setdefault(key[0], []).append(key in report.well)
    for hostgroup, online in groups.items():
        role = report.roles.get(hostgroup, "")
        name = ", ".join(filter(None, [f"hostgroup {hostgroup}", role]))
        text = f"{sum(online)} of {len(online)} ONLINE on all nodes"
        rows.append((name, f"has {len(online)}" if role == "offline" else text, all(online)))
    return (
        "<dl>"
        + "".join(
            f'<dt>{escape(name)}</dt><dd class="{"same" if good else "apart"}">{escape(text)}</dd>'
            for name, text, good in rows
        )
        + "</dl>"
    )


#: So many names are in a cell.
_NAMES = 5


def _held(report: Report) -> str:
    """By declared table, on which nodes it is another one."""
    apart: dict[str, dict[str, Mapping[str, int]]] = {}
    for node in report.nodes:
        for title, layers in ((node.seen or {}).get("drift") or {}).items():
            apart.setdefault(title, {})[node.host] = layers
    unknown = sum(_declared(node) == "?" for node in report.nodes)
    known = len(report.nodes) - unknown
    more = f" Of {unknown} it is not known." if unknown else ""
    if not apart:
        return f"<p>{known} of {len(report.nodes)} nodes hold what is declared, in all layers.{more}</p>"
    rows = []
    for title, hosts in sorted(apart.items()):
        most = {
            layer: max(layers.get(layer, 0) for layers in hosts.values())
            for layer in ("memory", "runtime", "disk")
        }
        names = ", ".join(list(hosts)[:_NAMES]) + (
            f" and {len(hosts) - _NAMES} more" if len(hosts) > _NAMES else ""
        )
        cells = "".join(
            f'<td class="{"apart" if number else "same"}">{number or "="}</td>' for number in most.values()
        )
        rows.append(
            f'<tr><th scope="row">{escape(title)}</th><td>{known - len(hosts)} of {known}</td>{cells}'
            f'<td class="names">{escape(names)}</td></tr>'
        )
    head = [("declared", ""), ("nodes that hold it", ""), ("memory", ""), ("runtime", ""), ("disk", "")]
    caption = "Rows or variables that differ, on the node where most do, by layer"
    return _table(caption, [*head, ("where", "")], rows) + (f"<p>{more}</p>" if more else "")


def _text(text: str) -> str:
    """Of a finding, with what is in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _table(caption: str, head: Sequence[tuple[str, str]], rows: list[str]) -> str:
    """head: names of columns, each with a class or none."""
    cells = "".join(f'<th scope="col"{_class(kind)}>{escape(name)}</th>' for name, kind in head)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _matrix(report: Report) -> str:
    bad = report.troubled
    first = [node for node in report.nodes if node.host in bad]
    rest = [node for node in report.nodes if node.host not in bad]
    if len(report.nodes) <= MANY:
        return _nodes(report, "Nodes, those with a finding first", first + rest)
    shown = _nodes(report, "Nodes with a finding", first) if first else ""
    folded = _nodes(report, "Nodes in order", rest)
    return f"{shown}<details><summary>{len(rest)} nodes in order</summary>{folded}</details>"


def _nodes(report: Report, caption: str, nodes: list[Node]) -> str:
    words = {"=": ("same", "✓"), "x": ("apart", "✗"), "?": ("apart", "?"), "": ("none", "")}
    rows = []
    for node in nodes:
        seen = node.seen
        role = node.role + (" (leader)" if node is report.leader else "")
        held = ", ".join(vip for vip in report.vips if vip in (seen or {}).get("holds", ()))
        shown = f'<th scope="row">{escape(node.host)}</th>'
        shown += f"<td{_class('more')}>{escape(role)}</td><td>{escape(held)}</td>"
        cells = [str(seen["server_version"]), age(seen["uptime"])] if seen else ["no answer", ""]
        shown += "".join(f"<td{_class('more')}>{escape(value)}</td>" for value in cells)
        if report.has_certificates:
            shown += f"<td{_class('more')}>{escape(node.days_left)}</td>"
        shown += '<td class="{}">{}</td>'.format(*words[_declared(node)])
        for section in report.sections:
            shown += '<td class="{}">{}</td>'.format(*words[report.cell(node, section)])
        rows.append(f"<tr>{shown}</tr>")
    sections = [(SHORT.get(name, name.lower()), "") for name in report.sections]
    head = [
        ("node", ""),
        ("role", "more"),
        ("VIP", ""),
        ("version", "more"),
        ("up", "more"),
        *([("certificate", "more")] if report.has_certificates else []),
        ("declared", ""),
    ]
    return _table(caption, [*head, *sections], rows)


def _backends(report: Report) -> str:
    rows = []
    for (hostgroup, backend), states in report.backends.items():
        good = (hostgroup, backend) in report.well
        text = ", ".join(f"{state} on {number}" for state, number in states.items())
        rows.append(
            f'<tr><th scope="row">{escape(hostgroup)}</th><td>{escape(report.roles.get(hostgroup, ""))}</td>'
            f"<td>{escape(backend)}</td>"
            f'<td class="{"same" if good else "apart"}">{escape(text)}</td></tr>'
        )
    head = [("hostgroup", ""), ("role", ""), ("backend", ""), ("status", "")]
    return _table("Backends, by hostgroup", head, rows) if rows else "<p>None.</p>"
