"""Whether a site has PostgreSQL, which decides where ProxySQL 3 listens for its clients."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.plan import Asked, plan
from test_site import ADDRESSES, EVERY, planned


@pytest.mark.parametrize(
    ("tables", "wanted"),
    [
        (None, False),
        ({}, False),
        ({"scheduler": [{"id": 1}], "mysql_hostgroup_attributes": "{{ x }}"}, False),
        ({"pgsql_servers": [], "pgsql_users": None}, False),
        ({"pgsql_query_rules": [{"rule_id": 1}]}, True),
    ],
)
def test_whether_postgresql_is_wanted_is_told_by_its_rows(tables: Any, wanted: bool) -> None:
    for playbook in ("site", "rolling_upgrade", ""):
        found = planned(playbook=playbook, proxysql_tables=tables)["hosts"]
        assert [found[host]["proxysql"]["postgresql"] for host in ADDRESSES] == [wanted] * 3
    # of one host alone, and given to the role itself
    found = planned(hosts={"core2": {"proxysql_tables": tables}})["hosts"]
    assert [found[host]["proxysql"]["postgresql"] for host in ADDRESSES] == [False, wanted, False]
    if tables is not None:
        asked = {"roles": ["proxysql"], "params": {"proxysql_tables": tables}}
        assert planned(playbook="", asked=asked)["hosts"]["core1"]["proxysql"]["postgresql"] is wanted


@pytest.mark.parametrize(
    ("raw", "made", "wanted"),
    [
        ("{{ all_tables }}", {"pgsql_users": [{"username": "shop"}]}, True),
        ("{{ all_tables }}", {"mysql_users": [{"username": "shop"}]}, False),
        ({"pgsql_users": "{{ people }}"}, {"pgsql_users": []}, False),
        ({"pgsql_users": "{{ people }}"}, {"pgsql_users": [{"username": "shop"}]}, True),
        # passwords are not looked up for it
        ({"pgsql_users": [{"password": "{{ lookup('secret') }}"}]}, None, True),
        ({"scheduler": "{{ jobs }}"}, None, False),
        # closing a port needs more than that nothing is known
        ({"pgsql_users": "{{ people }}"}, None, True),
    ],
)
def test_tables_are_templated_for_that_only_where_they_have_to_be(raw: Any, made: Any, wanted: bool) -> None:
    class Templated(dict[str, Any]):
        """As hostvars are: what stands in the inventory is beneath what is made of it."""

        def __getitem__(self, name: str) -> Any:
            if name != "proxysql_tables":
                return super().__getitem__(name)
            if made is None:
                raise ValueError("looked up")
            return made

    hostvars = Templated({"ansible_host": "192.0.2.11", **EVERY, "proxysql_tables": raw})
    hostvars._vars = dict(hostvars.items())  # type: ignore[attr-defined]
    groups = {"proxysql_core": ["core1"], "all": ["core1"]}
    found = plan({"core1": hostvars}, groups, Asked(playbook="rolling_restart", hosts=["core1"]), "core1")
    assert found["hosts"]["core1"]["proxysql"]["postgresql"] is wanted
