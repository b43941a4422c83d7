"""Which satellites a core asks, and what they are asked to be compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._seen import seen_nodes
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.plan import Asked, plan
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.shared import Shared

USERS = [{"username": "shop", "password": "{{ vault_shop }}"}]
EVERY: dict[str, Any] = {
    "proxysql_admin_password": "Secret-a",
    "proxysql_cluster_password": "Secret-c",
    "proxysql_mysql_users": USERS,
    "keepalived_vips": ["192.0.2.100/24"],
}


def planned(
    satellites: int,
    playbook: str = "status",
    without: str = "",
    tags: Sequence[str] = (),
    **hosts: dict[str, Any],
) -> dict[str, Any]:
    """One core and satellites. hosts: what single ones have besides. without: one that is not of the run."""
    names = ["core1", *(f"sat{number}" for number in range(1, satellites + 1))]
    every = {**EVERY, "proxysql_mysql_users": [{"username": "shop", "password": "x"}]}
    hostvars = {
        name: {"ansible_host": f"192.0.2.{number}", **every, **hosts.get(name, {})}
        for number, name in enumerate(names, 11)
    }
    groups = {"proxysql_core": names[:1], "proxysql_satellite": names[1:], "all": names}
    running = [name for name in names if name != without]
    return plan(hostvars, groups, Asked(playbook=playbook, hosts=running, tags=tags), "core1")


@pytest.mark.parametrize(
    ("satellites", "asked", "number"),
    [(12, "auto", 0), (13, "auto", 13), (1, "cores", 1), (13, "all", 0)],
)
def test_many_satellites_are_asked_by_a_core(satellites: int, asked: str, number: int) -> None:
    found = planned(satellites, core1={"proxysql_status_over_ssh": asked})
    assert found["problems"] == []
    assert len(found["questions"].get("nodes", ())) == number


def test_a_run_without_a_core_looks_at_the_hosts_that_it_has() -> None:
    assert planned(20, without="core1")["questions"] == {}
    assert planned(20, without="sat1")["questions"] != {}


def test_where_proxysql_3_listens_is_asked_of_each_and_nothing_that_the_cluster_brings() -> None:
    tables = {"proxysql_tables": {"pgsql_users": [{"username": "shop"}]}}
    found = planned(13, sat2=tables)["questions"]
    asked = [one["variables_since_3"] for one in found["nodes"]]
    assert [one["pgsql-interfaces"] for one in asked[:3]] == [
        "127.0.0.1:6133",
        "0.0.0.0:6133",
        "127.0.0.1:6133",
    ]
    assert set(asked[0]) < set(found["own"]["variables"])


def test_other_playbooks_ask_nobody() -> None:
    assert planned(20, playbook="diagnose")["questions"] == {}


def test_what_all_declare_is_given_once_and_what_one_has_besides_with_it() -> None:
    found = planned(13, sat3={"proxysql_global_variables": {"mysql-max_connections": 7}})["questions"]
    assert len(found["declarations"]) == 2, "one has a variable that the others have not"
    first, second = found["declarations"]
    assert first["tables"]["mysql_users"] == second["tables"]["mysql_users"]
    assert first["tables"]["proxysql_servers"][0]["comment"] == "core1"
    assert first["state"]["mysql_users"] == "overridden" and first["scope"] == {}
    one, two, three = found["nodes"][:3]
    assert (one["login_host"], one["login_port"], one["declaration"]) == ("192.0.2.12", 6032, 0)
    assert (two["declaration"], three["declaration"]) == (0, 1)
    assert one["variables"] == three["variables"] == {}
    assert two["variables"] == {"admin-mysql_ifaces": "127.0.0.1:6032;192.0.2.13:6032"}


def test_layers_of_satellites_declare_apart() -> None:
    of_layer = {"proxysql_mysql_servers": [{"hostgroup_id": 10, "hostname": "192.0.2.100"}]}
    found = planned(13, sat2=of_layer, sat5=dict(of_layer))["questions"]
    numbers = [node["declaration"] for node in found["nodes"]]
    assert numbers == [0, 1, 0, 0, 1, *[0] * 8]
    assert "mysql_servers" not in found["declarations"][0]["tables"]
    assert found["declarations"][1]["tables"]["mysql_servers"] == of_layer["proxysql_mysql_servers"]


def numbers(*hosts: dict[str, Any]) -> list[int]:
    shared = Shared(["rows"])
    return [shared.number(f"host{number}", host)[0] for number, host in enumerate(hosts)]


def test_hosts_share_what_is_the_same() -> None:
    assert numbers({"rows": [1]}, {"rows": [1], "other": 2}, {"rows": [2]}, {}) == [0, 0, 1, 2]
    assert Shared(["rows"]).number("host", {"rows": [1]}) == (0, True)


def test_a_template_is_what_its_variables_are() -> None:
    given = {"rows": [{"password": "{{ vault }}"}]}
    assert numbers({**given, "vault": "x"}, {**given, "vault": "x"}, {**given, "vault": "y"}) == [0, 0, 1]
    # through another variable, in a block, and as a key
    far = {"rows": "{% for one in these %}{{ one }}{% endfor %}", "these": {"{{ far }}": 1}}
    assert numbers({**far, "far": 1}, {**far, "far": 2}, {**far, "far": 1}) == [0, 1, 0]
    # what is no template names nothing
    assert numbers({"rows": "vault", "vault": 1}, {"rows": "vault", "vault": 2}) == [0, 0]


def test_variables_that_name_each_other_come_to_an_end() -> None:
    assert numbers({"rows": "{{ one }}", "one": "{{ two }}", "two": "{{ one }}"}) == [0]


@pytest.mark.parametrize("text", ["{{ hostvars[x].y }}", "{{ lookup('file', 'x') }}", "{{ vars['x'] }}"])
def test_what_cannot_be_told_is_each_hosts_own(text: str) -> None:
    assert numbers({"rows": text}, {"rows": text}) == [0, 1]


SITE = {
    "cores": ["core1", "core2"],
    "by_place": {"192.0.2.21:6032": "sat1", "192.0.2.22:6032": "sat2"},
    "questions": {"nodes": [{}]},
}
DOWN = {"__proxysql_status": {"msg": "down"}}


def seen(site: dict[str, Any], **left: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """What core1 and the satellites are seen as. left: by host; who is not here must not be looked at."""
    nodes, backends = seen_nodes(["core1", "sat1", "sat2"], left, site)
    return [each["seen"] or each["error"] for each in nodes], backends


def test_what_a_core_was_told_is_seen_of_satellites() -> None:
    one = {"cluster": {"name": "x"}}
    nodes = {"192.0.2.21:6032": one, "192.0.2.22:6032": {"msg": "did not answer"}}
    backends = [{"hostgroup": "1", "host": "db", "port": "3306", "status": "ONLINE", "nodes": 1}]
    answers = {"__proxysql_answers": {"nodes": nodes, "backends": backends}}
    assert seen(SITE, core1=DOWN, core2=answers) == (
        ["down", {"holds": [], **one}, "did not answer"],
        backends,
    )
    del nodes["192.0.2.22:6032"]
    assert seen(SITE, core1=DOWN, core2=answers)[0][2] == "core2 did not ask it"


@pytest.mark.parametrize(
    ("answers", "said"),
    [({}, "no core answers that could ask it"), ({"msg": "no driver"}, "core2 could not ask it: no driver")],
)
def test_where_nobody_could_ask_that_is_said(answers: dict[str, Any], said: str) -> None:
    assert seen(SITE, core1=DOWN, core2={"__proxysql_answers": answers}) == (["down", said, said], [])


def test_satellites_that_were_not_asked_speak_for_themselves() -> None:
    one = {"cluster": {"name": "x"}}
    left = {"core1": DOWN, "sat1": {"__proxysql_status": one}, "sat2": {}}
    assert seen({**SITE, "questions": {}}, **left) == (["down", one, "unreachable"], [])
