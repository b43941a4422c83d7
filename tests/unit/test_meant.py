"""What somebody meant, said in the same words wherever a name is none."""

from __future__ import annotations

from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.meant import did_you_mean, nearest


def test_one_that_is_near() -> None:
    assert nearest("hostgruop", ["hostgroup", "hostname"]) == "hostgroup"
    assert did_you_mean("hostgruop", ["hostgroup", "hostname"]) == "; did you mean hostgroup?"


def test_nothing_is_said_where_nothing_is_near_enough() -> None:
    assert did_you_mean("weight", ["hostgroup"]) == nearest("weight", []) == ""
    assert did_you_mean("hostgroups", ["hostgroup"], 0.99) == ""
