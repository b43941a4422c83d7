# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The status as one HTML file that needs nothing else: no script, no font, no other file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from ._status import MANY, SHORT, Node, Report, age

_STYLE = """
:root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --line: #8b949e; }
* { box-sizing: border-box; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 70rem; }
h1 { font-size: 1.3rem; margin: 0 0 .2rem; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
.verdict { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; color: #fff; font-weight: 600; }
.good { background: var(--good); } .bad { background: var(--bad); }
@media (prefers-color-scheme: dark) {
  :root { --good: #3fb950; --bad: #f85149; } .verdict { color: #0d1117; } }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; padding: .2rem .6rem; opacity: .75; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8b949e55; white-space: nowrap; }
th:first-child, td:first-child { position: sticky; left: 0; background: Canvas; }
@media (max-width: 600px) { .more { display: none; } th, td { padding: .3rem .35rem; } }
details { margin: .5rem 0; } summary { cursor: pointer; padding: .3rem .6rem; }
td.same { color: var(--good); } td.apart { color: var(--bad); font-weight: 700; }
ul { padding: 0; list-style: none; }
li { margin: .5rem 0; padding-left: .7rem; border-left: 4px solid var(--line); }
li.serious { border-color: var(--bad); } small { opacity: .75; display: block; }
svg { width: 100%; height: auto; }
svg text { font: 13px system-ui, sans-serif; fill: currentColor; }
svg .box { fill: none; stroke: var(--line); stroke-width: 1.5; } svg .box.ok { stroke: var(--good); }
svg .box.off { stroke: var(--bad); stroke-dasharray: 4 3; } svg line { stroke: var(--line); }
svg line.off { stroke: var(--bad); stroke-dasharray: 4 3; } svg .faint { opacity: .7; font-size: 11px; }
"""

_WIDTH, _HEIGHT, _GAP, _PER_ROW = 150, 52, 22, 5


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
        "<h2>Topology</h2>",
        _drawing(report),
        "<small>A solid green box is in order, a dashed red one is not. Lines show who holds a virtual IP and"
        " who follows whom. Every node reaches the databases.</small>",
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
    rows = [
        f'<li class="{"serious" if each.serious else "note"}">{_text(each.text)}'
        f"<small>{_text(each.todo)}</small></li>"
        for each in report.findings
    ]
    return '<ul class="findings">' + "".join(rows) + "</ul>"


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
        shown = f"<td>{escape(node.host)}</td><td{_class('more')}>{escape(role)}</td><td>{escape(held)}</td>"
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


def _declared(node: Node) -> str:
    """Whether the node is as declared, as a cell of a section."""
    if node.seen is None or node.seen.get("drift_unknown"):
        return "?"
    return "x" if node.seen.get("drift") else "="


def _backends(report: Report) -> str:
    rows = []
    for (hostgroup, backend), states in report.backends.items():
        good = set(states) == {"ONLINE"}
        text = ", ".join(f"{state} on {number}" for state, number in states.items())
        rows.append(
            f"<tr><td>{escape(hostgroup)}</td><td>{escape(backend)}</td>"
            f'<td class="{"same" if good else "apart"}">{escape(text)}</td></tr>'
        )
    head = [("hostgroup", ""), ("backend", ""), ("status", "")]
    return _table("Backends, by hostgroup", head, rows) if rows else "<p>None.</p>"


# -- the drawing: applications and VIPs, cores, satellites, backends, from top to bottom --


class _Row:
    """Boxes beside each other, broken into lines. places: name -> the middle of its box."""

    def __init__(self, names: list[str], top: float, width: float) -> None:
        self.places: dict[str, tuple[float, float]] = {}
        for start in range(0, len(names), _PER_ROW):
            line = names[start : start + _PER_ROW]
            left = (width - len(line) * (_WIDTH + _GAP) + _GAP) / 2
            for number, name in enumerate(line):
                self.places[name] = (
                    left + number * (_WIDTH + _GAP) + _WIDTH / 2,
                    top + start // _PER_ROW * (_HEIGHT + _GAP) + _HEIGHT / 2,
                )
        lines = -(-len(names) // _PER_ROW)
        self.bottom = top + lines * (_HEIGHT + _GAP) - _GAP if names else top - 46


def _drawing(report: Report) -> str:
    cores = [node for node in report.nodes if node.is_core]
    satellites = [node for node in report.nodes if not node.is_core]
    bad = report.troubled
    folded = [] if len(satellites) <= MANY else [node for node in satellites if node.host not in bad]
    satellites = [node for node in satellites if node not in folded]
    rest = [f"{len(folded)} satellites"] if folded else []
    backends = sorted({backend for _hostgroup, backend in report.backends})
    most = max(len(group) for group in (report.vips, cores, [*satellites, *rest], backends, ["x"]))
    width = min(_PER_ROW, max(2, most)) * (_WIDTH + _GAP)
    vips = _Row(report.vips, 8, width)
    top = _Row([node.host for node in cores], vips.bottom + 46, width)
    low = _Row([node.host for node in satellites] + rest, top.bottom + 46, width)
    base = _Row(backends, low.bottom + 46, width)
    lines, boxes = [], []
    for vip, place in vips.places.items():
        holders = report.holders(vip)
        lines += [_line(place, top.places[node.host]) for node in holders if node.host in top.places]
        boxes.append(_box(place, f"VIP {vip}", "" if holders else "nobody holds it", bool(holders)))
    for node in cores:
        boxes.append(_box(top.places[node.host], *_caption(report, node)))
    for node in satellites:
        for core in cores:
            linked = bool(node.view and core.view and core.view.name in node.view.follows)
            if linked or not node.view or not core.view:
                lines.append(_line(low.places[node.host], top.places[core.host], linked))
        boxes.append(_box(low.places[node.host], *_caption(report, node)))
    for name in rest:
        lines += [_line(low.places[name], top.places[core.host]) for core in cores if core.view]
        boxes.append(_box(low.places[name], name, "all in order", True))
    for one, other in zip(cores, cores[1:]):
        lines.append(_line(top.places[one.host], top.places[other.host], bool(one.seen and other.seen)))
    online = {
        backend for (_hostgroup, backend), states in report.backends.items() if set(states) == {"ONLINE"}
    }
    for backend, place in base.places.items():
        groups = ", ".join(sorted({group for group, name in report.backends if name == backend}, key=int))
        state = "ONLINE" if backend in online else "not ONLINE"
        boxes.append(_box(place, backend, f"hostgroup {groups}: {state}", backend in online))
    return (
        # a small cluster is not blown up
        f'<svg viewBox="0 0 {width} {base.bottom + 10:.0f}" style="max-height: {base.bottom * 1.2:.0f}px"'
        ' role="img" aria-label="Topology">' + "".join(lines) + "".join(boxes) + "</svg>"
    )


def _caption(report: Report, node: Node) -> tuple[str, str, bool]:
    agrees = all(report.cell(node, section) in ("=", "") for section in report.sections)
    if node.seen is None:
        return node.host, "no answer", False
    if not agrees:
        return node.host, f"{node.role}, does not agree", False
    if _declared(node) == "x":
        return node.host, f"{node.role}, not as declared", False
    troubled = node.host in report.troubled
    return node.host, f"{node.role}, {'see above' if troubled else 'agrees'}", not troubled


def _box(place: tuple[float, float], name: str, below: str, good: bool) -> str:
    x, y = place
    # the end too: it has a backend's port
    shown = name if len(name) <= 19 else f"{name[:10]}…{name[-8:]}"
    # Filled with the page's own background, so that lines end at its edge.
    return (
        f'<g><title>{escape(name)}</title><rect x="{x - _WIDTH / 2}" y="{y - _HEIGHT / 2}" width="{_WIDTH}"'
        f' height="{_HEIGHT}" rx="8" style="fill: Canvas" class="box {"ok" if good else "off"}"/>'
        f'<text x="{x}" y="{y - 3 if below else y + 4}" text-anchor="middle">{escape(shown)}</text>'
        f'<text x="{x}" y="{y + 15}" text-anchor="middle" class="faint">{escape(below)}</text></g>'
    )


def _line(one: tuple[float, float], other: tuple[float, float], good: bool = True) -> str:
    kind = "on" if good else "off"
    return f'<line x1="{one[0]}" y1="{one[1]}" x2="{other[0]}" y2="{other[1]}" class="{kind}"/>'
