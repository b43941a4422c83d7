"""The page of the status over many nodes, and for whoever sees or clicks less than others."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status import Finding, judge
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status_gathered import gathered
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status_page import page
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status_text import text
from test_status import VIP, Balanced, many, nodes, section, seen

_PAGE = sys.modules[page.__module__]
ROLES = {"hostgroup_roles": {"10": "writer", "20": "reader"}}
DRIFT = {"drift": {"mysql_users": {"memory": 2, "runtime": 1}}}


def shown(found: list[dict[str, Any]], **more: Any) -> str:
    made = page(judge(found, [VIP], **more), "Shop", "now")
    parser = Balanced()
    parser.feed(made)
    assert parser.open == [] and parser.fetched == []
    return made


def facts(made: str) -> dict[str, tuple[str, str]]:
    """By name: class and text."""
    return {
        name: (kind, said)
        for name, kind, said in re.findall(r'<dt>(.*?)</dt><dd class="(\w+)">(.*?)</dd>', made)
    }


def box(made: str, name: str) -> str:
    found = made[made.index(f"<title>{name}</title>") :]
    return found[: found.index("</g>")]


def test_who_does_what_is_at_the_top() -> None:
    made = shown(nodes(core1=ROLES, sat1=DRIFT))
    assert facts(made) == {
        f"virtual IP {VIP}": ("same", "core1"),
        "leader": ("same", "core1"),
        "nodes": ("same", "3 of 3 answer"),
        "as declared": ("apart", "2 of 3"),
        "hostgroup 10, writer": ("same", "1 of 1 ONLINE on all nodes"),
    }
    assert made.index('class="findings"') < made.index("<dl>") < made.index("<svg")


def test_what_is_at_the_top_of_an_ill_cluster() -> None:
    bad = [{"hostgroup": "20", "host": "db1", "port": "3306", "status": "SHUNNED"}]
    made = facts(shown(nodes(core1={"holds": [], "backends": bad}, core2={"holds": []}, sat1="down")))
    assert made[f"virtual IP {VIP}"] == ("apart", "nobody holds it")
    assert made["nodes"] == ("apart", "2 of 3 answer")
    assert made["hostgroup 20"] == ("apart", "0 of 1 ONLINE on all nodes")
    assert facts(shown(nodes(core2={"holds": [VIP]})))[f"virtual IP {VIP}"] == ("apart", "core1 and core2")


def test_databases_have_their_roles() -> None:
    rows = [{"hostgroup": group, "host": "db1", "port": "3306", "status": "ONLINE"} for group in ("10", "20")]
    made = shown(nodes(core1={**ROLES, "backends": rows}))
    assert "writer 10, reader 20: ONLINE" in box(made, "db1:3306")
    assert '<th scope="row">20</th><td>reader</td><td>db1:3306</td>' in made
    assert "10         writer  db1:3306  ONLINE (3)" in text(judge(nodes(core1=ROLES), [VIP]))
    assert "role  backend" not in text(judge(nodes(), [VIP])), "no column of nothing"


def test_many_databases_are_drawn_as_one_box_and_those_that_are_not_online() -> None:
    row = {"hostgroup": "10", "port": "3306", "status": "ONLINE"}
    rows = [{**row, "host": f"db{number}"} for number in range(40)]
    rows[7]["status"] = "SHUNNED"
    made = shown(nodes(core1={"backends": rows}, core2={"backends": rows}, sat1={"backends": rows}))
    drawing = made[made.index("<svg") : made.index("</svg>")]
    assert drawing.count("<title>db") == 1
    assert 'class="box off"' in box(drawing, "db7:3306") and "not ONLINE" in box(drawing, "db7:3306")
    assert 'class="box ok"' in box(drawing, "39 databases")


def test_what_is_declared_against_what_is() -> None:
    more = {"drift": {"mysql_users": {"disk": 3}, "mysql_servers": {"memory": 1}}}
    changed = {f"sat{number}": DRIFT for number in range(100, 107)}
    made = shown(many(20, **changed, sat110=more, sat111={"drift_unknown": "no such table"}))
    held = made[made.index("What is declared") : made.index("Nodes and sections")]
    assert (
        '<th scope="row">mysql_users</th><td>14 of 22</td><td class="apart">2</td>'
        '<td class="apart">1</td><td class="apart">3</td>'
    ) in held
    assert "sat100, sat101, sat102, sat103, sat104 and 3 more" in held
    assert '<th scope="row">mysql_servers</th><td>21 of 22</td>' in held and "Of 1 it is not known." in held
    assert "3 of 3 nodes hold what is declared, in all layers." in shown(nodes())
    assert "2 of 3 nodes hold what is declared, in all layers. Of 1 it is not known." in shown(
        nodes(sat1="down")
    )


@pytest.mark.parametrize(
    "changed",
    [
        DRIFT,
        {"drift": {"global_variables": {"disk": 1}}},
        {"drift_unknown": "no such table"},
        {"restart_required": ["mysql-threads"]},
        {"cluster": {**seen("sat1")["cluster"], **section("0xB", 2, 100)["cluster"]}},
    ],
)
def test_a_node_with_a_finding_is_never_green(changed: dict[str, Any]) -> None:
    """Neither in the drawing, alone or among many, nor in the box of the rest, nor in what is said of all."""
    for found in (nodes(sat1=changed), many(20, sat110=changed)):
        host = "sat1" if len(found) == 3 else "sat110"
        made = shown(found)
        assert 'class="box off"' in box(made, host)
        assert 'class="verdict bad"' in made
        if "drift" in changed:
            assert facts(made)["as declared"][0] == "apart"


def test_the_same_of_many_is_said_once() -> None:
    changed = {f"sat{number}": DRIFT for number in range(100, 140)}
    report = judge(many(60, **changed, sat150={"drift": {"mysql_users": {"disk": 1}}}), [VIP])
    assert len(report.findings) == 41
    made = page(report, "Shop", "now")
    assert made.count('<li class="serious">') == 2
    assert "<summary>the same of 39 others</summary>sat101, sat102" in made
    lines = text(report).splitlines()
    assert sum(line.startswith("!") for line in lines) == 2
    names = ", ".join(f"sat{number}" for number in range(101, 109))
    assert f"    the same of 39 others: {names}, ..." in lines


def test_what_differs_is_not_taken_for_the_same() -> None:
    def finding(host: str, text: str, **more: Any) -> Finding:
        return Finding(text, "do it", host=host, **more)

    down = [finding(f"n{one}", f"n{one} gives no answer: 10.0.0.{one}:6032 refused") for one in range(1, 13)]
    assert [len(each.others) for each in gathered(down)] == [11]
    assert [len(each.others) for each in gathered(down[:3])] == [0, 0, 0], "of three, each is named"
    other = [finding(f"n{one}", f"n{one} has {one} rows") for one in range(5)]
    assert len(gathered(other)) == 5
    # n1 is no part of n10
    named = [finding("n1", f"n1 does not agree with n{one}") for one in range(10, 15)]
    assert len(gathered(named)) == 5
    mild = finding("n1", "mild", serious=False)
    assert [each.text for each in gathered([mild, *down[:1]])] == [down[0].text, "mild"], "the serious first"


def test_a_drawing_of_very_many_with_a_finding_stays_small() -> None:
    made = shown(many(500, **{f"sat{number}": DRIFT for number in range(100, 400)}))
    drawing = made[made.index("<svg") : made.index("</svg>")]
    assert drawing.count("<title>sat") == 12
    assert 'class="box off"' in box(drawing, "288 more with a finding")
    assert 'class="box ok"' in box(drawing, "201 satellites")


def test_there_is_a_legend() -> None:
    made = shown(nodes())
    legend = made[made.index('class="legend"') :]
    for kind in ("box ok", "box off", "on", "off"):
        assert f'class="{kind}"/></svg>' in legend


# -- what can be told from the styles


def scheme(dark: bool) -> dict[str, str]:
    style = _PAGE._STYLE
    light, _comma, rest = style.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", light))
    return {**found, **dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", rest))} if dark else found


def contrast(one: str, other: str) -> float:
    """As the Web Content Accessibility Guidelines have it."""

    def light(color: str) -> float:
        parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_what_the_guidelines_have() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("dark", [False, True])
def test_colours_can_be_told_apart_by_day_and_in_the_dark(dark: bool) -> None:
    colours = scheme(dark)
    for name in ("ink", "faint", "good", "bad"):
        assert contrast(colours[name], colours["back"]) >= 4.5, name
    for name in ("good", "bad"):
        assert contrast(colours["on"], colours[name]) >= 4.5, name
    assert contrast(colours["line"], colours["back"]) >= 3
    # what is see-through, or has a colour of its own, would be none of the above
    assert "opacity" not in _PAGE._STYLE
    known = {*scheme(False).values(), *scheme(True).values()}
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", _PAGE._STYLE)) <= known


def test_what_can_be_clicked_or_scrolled_can_be_reached_by_keyboard() -> None:
    made = shown(many(60, **{f"sat{number}": DRIFT for number in range(100, 140)}))
    assert made.count("<table>") == made.count('tabindex="0" role="region"') == 4
    assert made.count("<details>") == made.count("<summary>") == 2
    assert ":focus-visible { outline: 3px" in made
    # nothing is said by colour alone
    assert not re.findall(r'class="apart"></td>', made)
