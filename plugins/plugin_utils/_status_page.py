# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The status as one HTML file that needs nothing else: no script, no font, no other file."""

from __future__ import annotations

from html import escape

from ._status import SHORT, Node, Report, age

_STYLE = """
:root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --line: #8b949e; }
* { box-sizing: border-box; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 70rem; }
h1 { font-size: 1.3rem; margin: 0 0 .2rem; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
.verdict { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; color: #fff; font-weight: 600; }
.good { background: var(--good); } .bad { background: var(--bad); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8b949e55; white-space: nowrap; }
td.same { color: var(--good); } td.apart { color: var(--bad); font-weight: 700; }
ul { padding: 0; list-style: none; }
li { margin: .5rem 0; padding-left: .7rem; border-left: 4px solid var(--line); }
li.serious { border-color: var(--bad); } small { opacity: .75; display: block; }
svg { width: 100%; height: auto; max-height: 34rem; }
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
        f'<li class="{"serious" if each.serious else "note"}">{escape(each.text)}'
        f"<small>{escape(each.todo)}</small></li>"
        for each in report.findings
    ]
    return '<ul class="findings">' + "".join(rows) + "</ul>"


def _table(head: list[str], rows: list[str]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    head_row = f"<thead><tr>{cells}</tr></thead>"
    return f'<div class="wide"><table>{head_row}<tbody>{"".join(rows)}</tbody></table></div>'


def _matrix(report: Report) -> str:
    words = {"=": ("same", "✓"), "x": ("apart", "✗"), "?": ("apart", "?"), "": ("none", "")}
    rows = []
    for node in report.nodes:
        seen = node.seen
        cells = [node.host, node.role + (" (leader)" if node is report.leader else "")]
        cells += [str(seen["server_version"]), age(seen["uptime"])] if seen else ["no answer", ""]
        shown = "".join(f"<td>{escape(value)}</td>" for value in cells)
        for section in report.sections:
            kind, sign = words[report.cell(node, section)]
            shown += f'<td class="{kind}">{sign}</td>'
        rows.append(f"<tr>{shown}</tr>")
    return _table(
        ["node", "role", "version", "up", *(SHORT.get(s, s.lower()) for s in report.sections)], rows
    )


def _backends(report: Report) -> str:
    rows = []
    for (hostgroup, backend), states in report.backends().items():
        good = set(states) == {"ONLINE"}
        text = ", ".join(f"{state} on {number}" for state, number in states.items())
        rows.append(
            f"<tr><td>{escape(hostgroup)}</td><td>{escape(backend)}</td>"
            f'<td class="{"same" if good else "apart"}">{escape(text)}</td></tr>'
        )
    return _table(["hostgroup", "backend", "status"], rows) if rows else "<p>None.</p>"


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
    backends = sorted({backend for _hostgroup, backend in report.backends()})
    most = max(len(group) for group in (report.vips, cores, satellites, backends, ["x"]))
    width = min(_PER_ROW, max(2, most)) * (_WIDTH + _GAP)
    vips = _Row(report.vips, 8, width)
    top = _Row([node.host for node in cores], vips.bottom + 46, width)
    low = _Row([node.host for node in satellites], top.bottom + 46, width)
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
    for one, other in zip(cores, cores[1:]):
        lines.append(_line(top.places[one.host], top.places[other.host], bool(one.seen and other.seen)))
    online = {
        backend for (_hostgroup, backend), states in report.backends().items() if set(states) == {"ONLINE"}
    }
    for backend, place in base.places.items():
        boxes.append(_box(place, backend, "ONLINE" if backend in online else "not ONLINE", backend in online))
    return (
        f'<svg viewBox="0 0 {width} {base.bottom + 10:.0f}" role="img" aria-label="Topology">'
        + "".join(lines)
        + "".join(boxes)
        + "</svg>"
    )


def _caption(report: Report, node: Node) -> tuple[str, str, bool]:
    agrees = all(report.cell(node, section) in ("=", "") for section in report.sections)
    if node.seen is None:
        return node.host, "no answer", False
    return node.host, f"{node.role}, {'agrees' if agrees else 'does not agree'}", agrees


def _box(place: tuple[float, float], name: str, below: str, good: bool) -> str:
    x, y = place
    shown = name if len(name) <= 20 else name[:19] + "…"
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
