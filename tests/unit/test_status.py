"""The whole, judged from what each node says: text, page and verdict."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status import clocks, judge
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status_metrics import metrics
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status_page import page
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status_text import text

ADDRESSES = {"core1": "10.0.0.1", "core2": "10.0.0.2", "sat1": "10.0.0.3"}
VIP = "10.0.0.100"


def seen(host: str, **changed: Any) -> dict[str, Any]:
    cluster = {
        "name": f"{ADDRESSES[host]}:6032",
        "version": "2.7.1",
        "sections": {"MYSQL USERS": {"checksum": "0xA", "version": 2, "epoch": 100}},
        "follows": ["10.0.0.1:6032", "10.0.0.2:6032"],
        "diffs_before_sync": {"MYSQL USERS": 3},
        "check_interval": 1.0,
        "heard": {},
        "now": 200,
        "user": "cluster",
        "login_mark": "cluster:1",
        "accepts_marks": ["cluster:1", "radmin:2"],
    }
    cluster.update(changed.pop("cluster", {}))
    return {
        "server_version": "2.7.1",
        "uptime": 90000,
        "cluster": cluster,
        "backends": [{"hostgroup": "10", "host": "db1", "port": "3306", "status": "ONLINE"}],
        "followers": [],
        "holds": [VIP] if host == "core1" else [],
        "drift": {},
        "drift_unknown": None,
        "restart_required": [],
        **changed,
    }


def nodes(**changed: Any) -> list[dict[str, Any]]:
    """By host: what differs from a healthy node, or a text: the error in its place."""
    found: list[dict[str, Any]] = []
    for host in ADDRESSES:
        role = "core" if host.startswith("core") else "satellite"
        other = changed.get(host, {})
        if isinstance(other, str):
            found.append({"host": host, "role": role, "seen": None, "error": other})
        else:
            found.append({"host": host, "role": role, "seen": seen(host, **other)})
    return found


def section(checksum: str, version: int, epoch: int) -> dict[str, Any]:
    held = {"checksum": checksum, "version": version, "epoch": epoch}
    return {"cluster": {"sections": {"MYSQL USERS": held}}}


def out(name: str, value: int) -> dict[str, Any]:
    return {"set_back": {name: {"value": value, "why": f"{name} of hand"}}}


def test_a_core_that_was_set_back_is_told_of() -> None:
    report = judge(nodes(core2=out("switchover", -56)), [VIP])
    assert report.healthy
    assert [finding.text for finding in report.findings] == [
        "core2 is set back as holder of the virtual IP: switchover of hand"
    ]
    assert "- core2 is set back" in text(report)


def test_a_core_in_maintenance_leaves_nobody_who_could_take_over() -> None:
    report = judge(nodes(core2=out("maintenance", -254)), [VIP])
    assert not report.healthy
    assert [finding.text for finding in report.findings] == [
        "core2 is out as holder of the virtual IP: maintenance of hand",
        "no other core could take over the virtual IP from core1",
    ]
    assert "-e proxysql_maintenance_host=core2 -e proxysql_maintenance_state=back" in report.findings[0].todo
    assert judge(nodes(sat1=out("maintenance", -254)), [VIP]).findings == []


def test_a_healthy_cluster() -> None:
    report = judge(nodes(), [VIP + "/24"])
    assert report.healthy
    assert report.findings == []
    shown = text(report)
    assert "core1  core (leader)  2.7.1    1 d  10.0.0.100  =" in shown
    assert shown.endswith("healthy: 3 of 3 nodes answer, 0 findings")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"core2": "unreachable"}, "core2 gives no answer: unreachable"),
        ({"sat1": section("0xB", 2, 100)}, "sat1 does not agree with core1 on MYSQL USERS: equal epochs"),
        ({"sat1": section("0xB", 2, 99)}, "it can follow, and has not yet"),
        (
            {"sat1": {"cluster": {"login_mark": "cluster:9", **section("0xB", 1, 9)["cluster"]}}},
            "wrong cluster credentials",
        ),
        ({"core2": {"holds": [VIP]}}, "the virtual IP 10.0.0.100 is on core1 and core2"),
        ({"core1": {"holds": []}}, "the virtual IP 10.0.0.100 is on no host of the inventory"),
        (
            {"sat1": {"drift": {"mysql_users": {"memory": 2}}}},
            "sat1 differs from what is declared: mysql_users",
        ),
        ({"sat1": {"restart_required": ["mysql-threads"]}}, "sat1 waits for a restart: mysql-threads"),
        (
            {
                "core1": {
                    "backends": [{"hostgroup": "10", "host": "db1", "port": "3306", "status": "SHUNNED"}]
                }
            },
            "backend db1:3306 in hostgroup 10 is SHUNNED on 1 of 3 nodes",
        ),
        ({"sat1": {"cluster": {"follows": ["10.0.0.9:6032"]}}}, "proxysql_servers has 10.0.0.9:6032"),
        ({"sat1": {"cluster": {"version": "2.7.0"}}}, "different versions"),
    ],
)
def test_what_is_wrong_is_said_and_not_healthy(changed: dict[str, Any], said: str) -> None:
    report = judge(nodes(**changed), [VIP])
    assert not report.healthy
    assert said in text(report)
    assert all(finding.todo for finding in report.findings)


def test_a_stale_core_is_not_what_the_others_are_compared_with() -> None:
    report = judge(nodes(core1=section("0xOLD", 1, 500)), [VIP])
    assert report.leader is not None
    assert report.leader.host == "core2"
    assert "core1 does not agree with core2" in text(report)


def test_no_node_answers() -> None:
    report = judge(nodes(core1="a", core2="b", sat1="c"), [VIP])
    assert not report.healthy
    assert "0 of 3 nodes answer" in text(report)
    assert "<svg" in page(report, "x", "now")


class Balanced(HTMLParser):
    """Fails on a tag that is not closed, and collects what a browser would fetch."""

    VOID = ("meta", "rect", "line", "br", "!doctype")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{name}={value}" for name, value in attrs if name in ("src", "href", "data")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{name}={value}" for name, value in attrs if name in ("src", "href", "data")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    made = page(judge(nodes(core2="<script>alert(1)</script>"), [VIP]), "Shop & co", "now")
    parser = Balanced()
    parser.feed(made)
    assert parser.open == []
    assert parser.fetched == []
    assert "<script" not in made
    assert "url(" not in made
    assert "Shop &amp; co" in made
    for host in ADDRESSES:
        assert f">{host}</text>" in made


@pytest.mark.parametrize("seconds", [3571, 3599, 3600, 3700])
def test_clocks_that_are_apart_are_named(seconds: int) -> None:
    report = judge(nodes(core2={"cluster": {"now": 200 + seconds}}), [VIP])
    (finding,) = report.findings
    assert finding.text == "clocks are apart: that of core2 is 1 h ahead of the others'"
    assert not report.healthy


@pytest.mark.parametrize("apart", [0, 200, -200])
def test_hosts_that_were_asked_one_after_the_other_have_no_clocks_apart(apart: int) -> None:
    assert clocks({"core1": 10_000, "core2": 10_000 + apart}) == ""


def test_a_time_that_nobody_knows_is_no_clock() -> None:
    assert clocks({}) == "" and judge(nodes(core2={"cluster": {"now": 0}}), [VIP]).healthy


def many(number: int, **changed: Any) -> list[dict[str, Any]]:
    found = nodes()
    for one in range(number):
        host = f"sat{one + 100}"
        own = {**seen("sat1"), **changed.get(host, {})}
        own["cluster"] = {**own["cluster"], "name": f"10.0.1.{one}:6032"}
        found.append({"host": host, "role": "satellite", "seen": own})
    return found


def test_of_many_nodes_those_with_a_finding_are_first_and_drawn() -> None:
    drifted = {"drift": {"mysql_users": {"memory": 1}}}
    made = page(judge(many(97, sat150=drifted), [VIP]), "Shop", "now")
    drawing = made[made.index("<svg") : made.index("</svg>")]
    assert drawing.count("<rect") == 1 + 2 + 1 + 1 + 1, "VIP, cores, the one with drift, the rest, a database"
    assert ">sat150</text>" in drawing and ">97 satellites</text>" in drawing
    table = made[made.index("Nodes and sections") :]
    assert table.index(">sat150</th>") < table.index("<details>") < table.index(">sat101</th>")


def test_of_many_nodes_the_terminal_shows_those_with_a_finding() -> None:
    drifted = {"drift": {"mysql_users": {"memory": 1}}}
    shown = text(judge(many(97, sat150=drifted), [VIP])).splitlines()
    assert [line.split()[0] for line in shown[:5]] == ["node", "core1", "core2", "sat150", "97"]
    assert shown[4] == "97 satellites: in order"
    few = text(judge(many(11), [VIP]))
    assert "in order" not in few and "sat110  satellite" in few


def test_backends_of_nodes_that_were_asked_together_are_counted() -> None:
    row = {"hostgroup": "10", "host": "db1", "port": "3306"}
    counted = [{**row, "status": "ONLINE", "nodes": 90}, {**row, "status": "SHUNNED", "nodes": 7}]
    shown = text(judge(nodes(), [VIP], counted=counted))
    assert "10         db1:3306  ONLINE (93), SHUNNED (7)" in shown
    assert "backend db1:3306 in hostgroup 10 is SHUNNED on 7 of 100 nodes" in shown


def test_a_thousand_nodes_are_judged_and_drawn_in_no_time() -> None:
    began = time.monotonic()
    changed = seen("sat1", **section("0xB", 2, 99))["cluster"]
    behind = {f"sat{number}": {"cluster": changed} for number in range(100, 1000, 3)}
    report = judge(many(997, **behind), [VIP])
    assert len(report.findings) == len(behind)
    text(report)
    page(report, "Shop", "now")
    assert time.monotonic() - began < 5


def test_a_node_with_drift_is_no_green_box() -> None:
    made = page(judge(nodes(sat1={"drift": {"mysql_users": {"memory": 1}}}), [VIP]), "Shop", "now")
    box = made[made.index("<title>sat1</title>") :]
    assert 'class="box off"' in box[: box.index("</g>")] and "not as declared" in box[: box.index("</g>")]


def test_the_page_can_be_read_by_keyboard_and_by_ear() -> None:
    made = page(judge(nodes(core2={"restart_required": ["mysql-threads"]}), [VIP]), "Shop", "now")
    assert made.count('tabindex="0" role="region" aria-label="') == made.count("<table>") == 2
    assert made.count("<caption>") == 2 and "<th>" not in made and '<th scope="col"' in made
    assert "`" not in made


def certificate(days: int, what: str = "clients") -> dict[str, Any]:
    ends = 1_800_000_000
    return {"what": what, "serial": "0A", "begins": 0, "ends": ends, "days_left": days}


def test_certificates_that_end_soon_are_told_and_no_illness() -> None:
    one = {"certificates": [certificate(30), certificate(300, "/etc/ca.pem")]}
    report = judge(nodes(core1=one, core2=one), [VIP])
    assert report.healthy
    (finding,) = report.findings
    assert finding.text == (
        "the certificate that clients are shown runs out on 2027-01-15, in 30 days, on core1, core2"
    )
    shown = text(report)
    assert "30 d" in shown.splitlines()[1] and "certificate" in shown.splitlines()[0]
    assert '<td class="more">30 d</td>' in page(report, "t", "w")


def hosts(cluster: str) -> dict[str, Any]:
    """Of the plan of the site, what the numbers are made of."""
    return {name: {"proxysql": {"metrics_cluster": cluster, "limit_nofile": 1024}} for name in ADDRESSES}


def test_numbers_for_prometheus() -> None:
    odd = certificate(30, 'a "b"\\c')
    differs = {
        "certificates": [odd],
        "drift": {"mysql_users": {"memory": 1, "runtime": 2}},
        "restart_required": ["mysql-threads"],
        "set_back": {"maintenance": {"value": -254, "why": "x"}},
        "kept": 1700000000,
    }
    apart = {**section("0xB", 3, 150), "drift_unknown": "no such table"}
    made = metrics(judge(nodes(core1=differs, core2=apart, sat1="down"), [VIP]), hosts("shop"), 1800000000)
    assert made.endswith("\n")
    numbers = dict(line.rsplit(" ", 1) for line in made.splitlines() if not line.startswith("#"))

    def one(name: str, labels: str = "") -> int:
        return int(numbers[f'proxysql_status_{name}{{cluster="shop"{labels and "," + labels}}}'])

    assert (one("healthy"), one("asked_timestamp_seconds")) == (0, 1800000000)
    assert one("findings") == 6
    assert [one("node_answers", f'node="{name}"') for name in ADDRESSES] == [1, 1, 0]
    assert one("vip_holders", f'vip="{VIP}"') == 1
    assert one("section_agrees", 'node="core1",section="MYSQL USERS"') == 0
    assert one("section_agrees", 'node="core2",section="MYSQL USERS"') == 1
    assert one("drift", 'node="core1"') == 3 and ('drift{node="core2"' not in made)
    assert [one("drift_unknown", f'node="{name}"') for name in ("core1", "core2")] == [0, 1]
    assert one("restart_waiting", 'node="core1"') == 1
    assert one("set_back", 'node="core1",by="maintenance"') == -254
    assert one("restore_point_timestamp_seconds", 'node="core1"') == 1700000000
    ends = 'node="core1",certificate="a \\"b\\"\\\\c",serial="0A"'
    assert one("certificate_ends_timestamp_seconds", ends) == 1800000000
    of = {name.split("{")[0] for name in numbers if 'node="sat1"' in name}
    assert of == {"proxysql_status_node_answers", "proxysql_status_files_limit"}


def test_numbers_of_a_healthy_cluster() -> None:
    healthy = metrics(judge(nodes(), [VIP]), hosts("proxysql"), 1).splitlines()
    assert 'proxysql_status_healthy{cluster="proxysql"} 1' in healthy
    assert 'proxysql_status_drift{cluster="proxysql",node="sat1"} 0' in healthy
    # of what there is none there is no line, and no name either
    assert not [line for line in healthy if "certificate" in line or "set_back" in line]
    assert metrics(judge([], []), {}, 1).startswith("# HELP proxysql_status_healthy")


def test_one_that_has_ended_is_one() -> None:
    report = judge(nodes(core1={"certificates": [certificate(-1, "/etc/ca.pem")]}), [VIP])
    assert not report.healthy
    assert report.findings[0].text == "a certificate in /etc/ca.pem has run out on 2027-01-15, on core1"
    assert report.findings[0].host == "core1"


def test_certificates_with_time_left_are_a_column_and_no_finding() -> None:
    report = judge(nodes(core1={"certificates": [certificate(31)]}), [VIP])
    assert report.findings == [] and "31 d" in text(report)
    assert "certificate" not in text(judge(nodes(), [VIP]))


def test_a_virtual_ip_on_a_host_that_is_no_node_is_found() -> None:
    report = judge([], ["192.0.2.100/24"], {"db1": ["192.0.2.31", "192.0.2.100"], "db2": ["192.0.2.32"]})
    texts = [finding.text for finding in report.findings]
    assert "the virtual IP 192.0.2.100 is on db1; db1 should never hold it" in texts
