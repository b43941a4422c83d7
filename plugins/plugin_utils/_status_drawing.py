# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The drawing of the status page: virtual IPs, cores, satellites, backends, from top to bottom."""

from __future__ import annotations

from html import escape

from ._status import MANY, Node, Report

_WIDTH, _HEIGHT, _GAP, _PER_ROW = 168, 52, 22, 5
# So many letters are in a box's second line.
_FITS = 28
_SAMPLE = '<svg viewBox="0 0 34 20" aria-hidden="true">{}</svg>{}'
LEGEND = (
    '<ul class="legend" aria-label="Legend">'
    + "".join(
        f"<li>{_SAMPLE.format(shape, text)}</li>"
        for shape, text in (
            ('<rect x="1" y="2" width="32" height="16" rx="4" class="box ok"/>', "in order, and as declared"),
            ('<rect x="1" y="2" width="32" height="16" rx="4" class="box off"/>', "something is to be done"),
            ('<line x1="0" y1="10" x2="34" y2="10" class="on"/>', "holds the virtual IP, or follows"),
            ('<line x1="0" y1="10" x2="34" y2="10" class="off"/>', "should, and does not"),
        )
    )
    + "<li>Not drawn: each node has its own connections to the databases.</li></ul>"
)


def declared(node: Node) -> str:
    """Whether the node is as declared, as a cell of a section."""
    if node.seen is None or node.seen.get("drift_unknown"):
        return "?"
    return "x" if node.seen.get("drift") else "="


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


def drawing(report: Report) -> str:
    cores = [node for node in report.nodes if node.is_core]
    satellites = [node for node in report.nodes if not node.is_core]
    bad = report.troubled
    folded = [] if len(satellites) <= MANY else [node for node in satellites if node.host not in bad]
    satellites = [node for node in satellites if node not in folded]
    more = satellites[MANY:] if folded else []
    satellites = [node for node in satellites if node not in more]
    # name -> whether all is well there
    rest = {
        f"{len(nodes)} {what}": what == "satellites"
        for nodes, what in ((more, "more with a finding"), (folded, "satellites"))
        if nodes
    }
    ill = set(report.backends) - report.well
    online = {backend for _hostgroup, backend in report.backends} - {backend for _hostgroup, backend in ill}
    backends = sorted({backend for _hostgroup, backend in report.backends})
    others = f"{len(online)} databases" if len(backends) > MANY and online else ""
    if others:
        backends = [*(backend for backend in backends if backend not in online), others]
    most = max(len(group) for group in (report.vips, cores, [*satellites, *rest], backends, ["x"]))
    width = min(_PER_ROW, max(2, most)) * (_WIDTH + _GAP)
    vips = _Row(report.vips, 8, width)
    top = _Row([node.host for node in cores], vips.bottom + 46, width)
    low = _Row([node.host for node in satellites] + list(rest), top.bottom + 46, width)
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
    for name, good in rest.items():
        lines += [_line(low.places[name], top.places[core.host]) for core in cores if core.view]
        boxes.append(_box(low.places[name], name, "all in order" if good else "see below", good))
    for one, other in zip(cores, cores[1:]):
        lines.append(_line(top.places[one.host], top.places[other.host], bool(one.seen and other.seen)))
    for backend, place in base.places.items():
        good = backend in online or backend == others
        below = "all ONLINE" if backend == others else _groups(report, backend, good)
        boxes.append(_box(place, backend, below, good))
    return (
        # a small cluster is not blown up
        f'<svg viewBox="0 0 {width} {base.bottom + 10:.0f}" style="max-height: {base.bottom * 1.2:.0f}px"'
        ' role="img" aria-label="Topology">' + "".join(lines) + "".join(boxes) + "</svg>"
    )


def _groups(report: Report, backend: str, good: bool) -> str:
    """The roles of a database, and whether it has them."""
    here = {key for key in report.backends if key[1] == backend} - report.unused
    groups = sorted({group for group, _backend in here}, key=int)
    named = ", ".join(f"{report.roles.get(group, 'hostgroup')} {group}" for group in groups)
    state = "ONLINE" if good else "not ONLINE"
    whole = f"{named}: {state}"
    return whole if len(whole) <= _FITS else f"{len(groups)} hostgroups: {state}"


def _caption(report: Report, node: Node) -> tuple[str, str, bool]:
    agrees = all(report.cell(node, section) in ("=", "") for section in report.sections)
    if node.seen is None:
        return node.host, "no answer", False
    if not agrees:
        return node.host, f"{node.role}, does not agree", False
    if declared(node) == "x":
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
        f' height="{_HEIGHT}" rx="8" class="box {"ok" if good else "off"}"/>'
        f'<text x="{x}" y="{y - 3 if below else y + 4}" text-anchor="middle">{escape(shown)}</text>'
        f'<text x="{x}" y="{y + 15}" text-anchor="middle" class="faint">{escape(below)}</text></g>'
    )


def _line(one: tuple[float, float], other: tuple[float, float], good: bool = True) -> str:
    kind = "on" if good else "off"
    return f'<line x1="{one[0]}" y1="{one[1]}" x2="{other[0]}" y2="{other[1]}" class="{kind}"/>'
