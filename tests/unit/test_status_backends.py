"""Which databases serve as what they are meant to, by what their hostgroups are for."""

from __future__ import annotations

from typing import Any

from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status import judge
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status_drawing import drawing
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status_page import page
from test_status import VIP, nodes

ROLES = {"10": "writer", "30": "backup writer", "20": "reader", "40": "offline"}


def report(*placed: tuple[str, str, str]) -> Any:
    rows = [{"hostgroup": group, "host": host, "port": "3306", "status": is_} for group, host, is_ in placed]
    seen = {"backends": rows, "hostgroup_roles": ROLES}
    return judge(nodes(core1=seen, core2=seen, sat1={"backends": []}), [VIP])


def said(found: Any) -> list[str]:
    return [finding.text for finding in found.findings]


GALERA = [
    ("10", "db1", "ONLINE"),
    ("10", "db2", "SHUNNED"),
    ("20", "db2", "ONLINE"),
    ("30", "db2", "ONLINE"),
]


def test_backup_writers_of_galera_are_no_trouble_among_the_writers() -> None:
    found = report(*GALERA)
    assert said(found) == []
    picture = drawing(found)
    assert "reader 20, backup writer 30: ONLINE" in picture or "2 hostgroups: ONLINE" in picture
    assert "not ONLINE" not in picture
    made = page(found, "Shop", "now")
    assert "1 of 1 ONLINE on all nodes" in made and "1 of 2" not in made


def test_a_writer_that_is_shunned_is() -> None:
    found = report(("10", "db1", "SHUNNED"), *GALERA[1:])
    assert "backend db1:3306 in hostgroup 10 is SHUNNED on 2 of 2 nodes" in said(found)
    assert "hostgroup 10 has no backend that is ONLINE" in said(found)
    # nor is one well that waits as a backup writer, but does not answer
    found = report(*GALERA[:3], ("30", "db2", "SHUNNED"))
    assert "backend db2:3306 in hostgroup 10 is SHUNNED on 2 of 2 nodes" in said(found)


def test_whoever_is_in_the_offline_hostgroup_is_told() -> None:
    found = report(("10", "db1", "ONLINE"), ("40", "db3", "ONLINE"))
    assert said(found) == ["backend db3:3306 is in the offline hostgroup 40"]
    assert "offline 40: not ONLINE" in drawing(found)
    # whether it answers is nobody's question there
    assert said(report(("10", "db1", "ONLINE"), ("40", "db3", "SHUNNED"))) == said(found)
