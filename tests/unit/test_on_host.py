"""What is installed on a host, what it is to hold, what its watcher is told: the plan, completed by facts."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.declaration import cnf, declaration
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.options import CHECKOUT
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.package import on_host, wanted
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.watcher import told, tracked

DEBIAN = {
    "os_family": "Debian",
    "distribution_release": "bookworm",
    "distribution_major_version": "12",
    "all_ipv4_addresses": ["192.0.2.11"],
    "all_ipv6_addresses": ["2001:db8::11"],
}
ROCKY = {**DEBIAN, "os_family": "RedHat", "distribution_major_version": "9"}
VENDOR = "https://repo.proxysql.com/ProxySQL/proxysql-2.7.x"
PIN = "/etc/apt/preferences.d/proxysql"


def defaults(role: str, **given: Any) -> dict[str, Any]:
    found = yaml.safe_load((CHECKOUT / "roles" / role / "defaults/main.yml").read_text(encoding="utf-8"))
    return {**{name.partition("_")[2]: value for name, value in found.items()}, **given}


def proxysql(**given: Any) -> dict[str, Any]:
    made = {
        "python_packages": None,
        "admin_interfaces": ["127.0.0.1:6032", "192.0.2.11:6032"],
        "mysql_interfaces": ["0.0.0.0:6033"],
        "admin_password": "a-secret",
        "cluster_password": "c-secret",
        "stats_password": "s-secret",
        "monitor_password": None,
        "metrics": None,
    }
    return defaults("proxysql", **{**made, **given})


def keepalived(**given: Any) -> dict[str, Any]:
    made = {"check_port": 6033, "stats_user": "stats", "stats_password": "s-secret"}
    return defaults("keepalived", **{**made, **given})


def test_the_vendors_source() -> None:
    host = on_host(proxysql(), DEBIAN)
    assert (host["packager"], host["names"]) == ("apt", ["python3-pymysql", "proxysql"])
    assert host["apt"]["uri"] == f"{VENDOR}/bookworm/" and host["apt"]["key"] == f"{VENDOR}/repo_pub_key.gpg"
    assert [file["src"] for file in host["apt"]["files"]] == ["proxysql.sources.j2"]
    assert on_host(proxysql(), ROCKY)["yum"] == {
        "baseurl": f"{VENDOR}/centos/9",
        "gpgkey": f"{VENDOR}/repo_pub_key",
    }
    other = on_host(proxysql(), {**ROCKY, "distribution_major_version": "8"})
    assert other["packager"] == "" and len(other["problems"]) == 1 and not other["sources_due"]


def test_a_source_of_ones_own_has_no_key_of_the_vendor() -> None:
    host = on_host(proxysql(apt_uri="https://mirror/", yum_baseurl="https://mirror/"), DEBIAN)
    assert not host["apt"]["key"] and not host["yum"]["gpgkey"] and host["apt"]["uri"] == "https://mirror/"
    assert on_host(proxysql(apt_key_url="https://k.asc"), DEBIAN)["apt"]["keyring"].endswith(".asc")


@pytest.mark.parametrize("version", ["2.7.1", "2.7.1*", "2.7.*"])
def test_a_version_is_no_beginning_of_another_one(version: str) -> None:
    """As apt compares them: letters, and * where it was written."""
    name = wanted(version, "apt").partition("=")[2]
    assert fnmatchcase("2.7.1", name)
    assert fnmatchcase("2.7.10", name) == ("*" in version)


def test_versions_of_rpm_have_a_release() -> None:
    assert wanted("2.7.1", "dnf") == "proxysql-2.7.1-*" and wanted("2.7.1-1", "dnf") == "proxysql-2.7.1-1"
    assert wanted("", "dnf") == wanted("", "apt") == "proxysql"


@pytest.mark.parametrize(
    ("given", "gone"),
    [
        ({}, True),
        ({"version": "2.7.1"}, False),
        ({"version": "2.7.1", "package_url": "https://x/p.deb"}, True),
    ],
)
def test_a_pin_goes_with_its_version(given: dict[str, Any], gone: bool) -> None:
    assert on_host(proxysql(**given), DEBIAN, [PIN])["apt"]["unpin"] is gone
    assert not on_host(proxysql(**given), DEBIAN, [])["apt"]["unpin"]


@pytest.mark.parametrize(
    ("given", "there", "fetched"),
    [
        ({}, [], True),
        ({}, ["/etc/apt/keyrings/proxysql.gpg"], False),
        ({}, ["/etc/apt/keyrings/proxysql.asc"], True),
        ({"apt_key_checksum": "sha256:0"}, ["/etc/apt/keyrings/proxysql.gpg"], True),
        ({"apt_key_file": "key.gpg"}, [], False),
        ({"apt_uri": "https://mirror/"}, [], False),
    ],
)
def test_a_key_that_is_there_is_not_fetched_again(
    given: dict[str, Any], there: list[str], fetched: bool
) -> None:
    host = on_host(proxysql(**given), DEBIAN, there)
    assert host["apt"]["key_to_fetch"] is fetched
    assert {"proxysql.gpg", "proxysql.asc"} <= {path.rpartition("/")[2] for path in host["paths"]}
    assert "/etc/apt/keyrings" in host["folders"]


def test_what_was_installed_from_a_file_is_known_by_its_mark() -> None:
    """apt need not be asked while both the file and what dpkg has unpacked are those of the mark."""
    options = proxysql(package_file="files/a.deb")
    there = {"/usr/local/src/a.deb": "one", "/var/lib/dpkg/info/proxysql.md5sums": "two"}
    mark = on_host(options, DEBIAN, there)["mark"]
    assert mark["content"] == "one two\n" and mark["dest"] in on_host(options, DEBIAN)["paths"]
    for changed in ({"/usr/local/src/a.deb": "three"}, {"/var/lib/dpkg/info/proxysql.md5sums": "four"}):
        assert on_host(options, DEBIAN, {**there, **changed})["mark"] != mark
    assert on_host(proxysql(package_file="files/b.deb"), DEBIAN, there)["mark"] != mark


def test_whether_a_proxysql_is_there_is_told_whatever_its_version() -> None:
    there = ["/var/lib/dpkg/info/proxysql.md5sums"]
    found = on_host(proxysql(version="2.7.1"), DEBIAN, there)
    assert found["program_there"] and "proxysql.md5sums" in found["paths"] and not found["installed"]
    assert not on_host(proxysql(), DEBIAN)["program_there"]


@pytest.mark.parametrize(
    ("options", "may_be"),
    [
        ({}, False),
        ({"series": "3.0.x"}, False),  # nothing that is installed is upgraded without a version
        ({"version": "2.7.1"}, False),
        ({"version": "3.0.3"}, True),
        ({"package_file": "proxysql.deb"}, True),
        ({"package_url": "https://example.com/proxysql.deb", "version": "2.7.1"}, True),
        ({"package_file": "proxysql_2.7.1-debian12_amd64.deb"}, False),
        ({"package_url": "https://example.com/2.7.1/proxysql-3.0.3-1-centos9.x86_64.rpm"}, True),
    ],
)
def test_whether_an_upgrade_to_proxysql_3_may_be_declared(options: dict[str, Any], may_be: bool) -> None:
    assert on_host(proxysql(**options), DEBIAN)["to_three"] is may_be


def test_what_is_installed_is_not_asked_for_again_unless_by_version() -> None:
    there = [f"/var/lib/dpkg/info/{name}.md5sums" for name in ("proxysql", "python3-pymysql")]
    assert on_host(proxysql(), DEBIAN, there)["installed"]
    assert not on_host(proxysql(), DEBIAN, there[:1])["installed"]
    assert not on_host(proxysql(version="2.7.1"), DEBIAN, there)["installed"]
    for given, due in (({}, False), ({"version": "2.7.1"}, True), ({"apt_repository": True}, True)):
        options = {"apt_repository": False, **given}
        assert on_host(proxysql(**options), DEBIAN, there)["sources_due"] is due
    assert on_host(proxysql(apt_repository=False), DEBIAN, there[:1])["sources_due"]
    assert on_host(proxysql(apt_repository=False), DEBIAN, [*there, PIN])["sources_due"]
    assert on_host(proxysql(), ROCKY, there)["sources_due"]
    single = on_host(proxysql(package_file="files/proxysql.deb"), DEBIAN)
    assert single["names"] == ["python3-pymysql"]
    assert (
        single["package_path"] == "/usr/local/src/proxysql.deb" and single["package_path"] in single["paths"]
    )


@pytest.mark.parametrize(
    ("interfaces", "place"),
    [
        (["/tmp/p.sock", "192.0.2.11:6033"], {"host": "192.0.2.11", "port": "6033"}),
        (["0.0.0.0:7033"], {"host": "127.0.0.1", "port": "7033"}),
        (["[::]:6033"], {"host": "::1", "port": "6033"}),
        (["[2001:db8::11]:6033"], {"host": "2001:db8::11", "port": "6033"}),
        (["/tmp/p.sock"], {}),
    ],
)
def test_where_a_start_waits_for_an_answer(interfaces: list[str], place: dict[str, str]) -> None:
    assert on_host(proxysql(mysql_interfaces=interfaces), DEBIAN)["greeting"] == place


def test_addresses_that_the_host_does_not_have() -> None:
    given = ["/tmp/a.sock", "127.0.0.1:6032", "0.0.0.0:6032", "[::]:6032", "[2001:DB8::11]:6032", "node:6032"]
    assert on_host(proxysql(admin_interfaces=given), DEBIAN)["problems"] == []
    given += ["198.51.100.1:6032", "[2001:db8::9]:6032"]
    (problem,) = on_host(proxysql(admin_interfaces=given), DEBIAN)["problems"]
    assert problem.startswith("has no address 198.51.100.1, 2001:db8::9, on which Admin would listen, but ")
    assert problem.endswith("for example to 0.0.0.0:6032")


MEMBERS = [{"hostname": "192.0.2.11", "port": 6032, "comment": "core1"}]


def test_what_is_declared_and_how_it_is_written() -> None:
    found = declaration(
        proxysql(
            state={"mysql_users": "merged"},
            global_variables={
                "mysql-threads": 2,
                "mysql-max_connections": 9,
                "pgsql-monitor_username": "monitor",
            },
        ),
        {"scheduler": [{"id": 1}]},
        {"mysql_users": [], "mysql_servers": None, "proxysql_servers": None},
        MEMBERS,
    )
    assert found["tables"] == {"scheduler": [{"id": 1}], "mysql_users": [], "proxysql_servers": MEMBERS}
    assert found["states"] == {
        "scheduler": "overridden",
        "mysql_users": "merged",
        "proxysql_servers": "overridden",
    }
    assert found["unreplicated"] == {"scheduler": [{"id": 1}]}
    assert found["own"]["admin-admin_credentials"] == "radmin:a-secret;cluster:c-secret"
    assert found["of_node"]["mysql-threads"] == 2 and "mysql-max_connections" not in found["of_node"]
    # those of PostgreSQL are carried by no cluster of 3.0.3
    assert found["of_node"]["pgsql-monitor_username"] == "monitor"
    assert found["variables"]["mysql-max_connections"] == 9 and "mysql-poll_timeout" in found["variables"]
    assert "mysql-monitor_username" not in found["variables"]
    assert (
        declaration(proxysql(monitor_password="m"), {}, {}, [])["variables"]["mysql-monitor_password"] == "m"
    )


def test_a_node_needs_all_of_its_members_whatever_is_declared_of_their_table() -> None:
    options = proxysql(state="merged", scope={"proxysql_servers": {"port": 1}, "mysql_users": {"active": 1}})
    found = declaration(options, {}, {"mysql_users": []}, MEMBERS)
    assert found["states"] == {"mysql_users": "merged", "proxysql_servers": "merged"}
    assert found["node_states"] == {"mysql_users": "merged", "proxysql_servers": "overridden"}
    assert found["node_scope"] == {"mysql_users": {"active": 1}}
    # a satellite of nobody
    assert declaration(options, {}, {"mysql_users": []}, [])["node_states"] == {"mysql_users": "merged"}


CLOSED = {"admin-pgsql_ifaces": "127.0.0.1:6132", "pgsql-interfaces": "127.0.0.1:6133"}


def test_what_proxysql_3_listens_at_besides_is_on_the_loopback_unless_declared() -> None:
    found = declaration(proxysql(), {}, {}, [])
    assert found["of_three"] == CLOSED and not found["of_node"].keys() & CLOSED.keys()
    given = {"admin-pgsql_ifaces": "192.0.2.11:6132"}
    found = declaration(proxysql(global_variables=given), {}, {}, [])
    assert found["of_three"] == {**CLOSED, **given} and found["of_node"].items() >= given.items()
    # a ProxySQL 2 can be told of neither but for its upgrade
    given["pgsql-interfaces"] = "192.0.2.11:6133"
    found = declaration(proxysql(global_variables={**given, "pgsql-threads": 2}), {}, {}, [])
    assert found["of_three"] == given
    # what the leader writes is not what each node takes back
    found = declaration(proxysql(base_variables=given), {}, {}, [])
    assert found["of_three"] == given and found["variables"].items() >= given.items()


def test_where_postgresql_is_wanted_its_port_is_open_as_ever() -> None:
    of_three = {**CLOSED, "pgsql-interfaces": "0.0.0.0:6133"}
    assert declaration(proxysql(postgresql=True), {}, {}, [])["of_three"] == of_three
    given = {"pgsql-interfaces": "192.0.2.11:6133"}
    found = declaration(proxysql(postgresql=True, global_variables=given), {}, {}, [])
    assert found["of_three"] == {**of_three, **given}


def test_proxysql_3_is_told_at_its_first_start() -> None:
    """2.7.1 deletes pgsql_ifaces with a warning, and passes over the other in silence."""
    text = cnf(declaration(proxysql(), {}, {}, []), "/var/lib/proxysql")
    assert 'pgsql_ifaces="127.0.0.1:6132"' in text
    assert 'pgsql_variables=\n{\n    interfaces="127.0.0.1:6133"\n}' in text


def test_the_exporter_is_declared_where_somebody_said_so() -> None:
    def made(**options: Any) -> list[dict[str, Any]]:
        found = declaration(proxysql(**options), {}, {}, [])
        parts = (found["variables"], found["of_node"])
        return [{name: value for name, value in part.items() if "restapi" in name} for part in parts]

    assert made() == [{}, {}]
    # the cluster does not carry the port
    port = {"admin-restapi_port": 6070}
    assert made(metrics=True) == [{"admin-restapi_enabled": True, **port}, port]
    assert made(metrics=False) == [{"admin-restapi_enabled": False}, {}]
    given = {"admin-restapi_port": 7000}
    assert made(metrics=True, global_variables=given) == [{"admin-restapi_enabled": True, **given}, given]


def test_members_that_are_declared_take_precedence_and_none_are_none() -> None:
    own = [{"hostname": "x"}]
    assert declaration(proxysql(), {}, {"proxysql_servers": own}, MEMBERS)["members"] == own
    found = declaration(proxysql(), {}, {"proxysql_servers": []}, MEMBERS)
    assert found["members"] == [] and "proxysql_servers" not in found["tables"]


def test_the_file_for_a_first_start() -> None:
    variables = {"mysql-b": True, "mysql-a": 'say "no"', "mysql-c": None, "admin-x": "back\\slash"}
    members = [*MEMBERS, {"hostname": "b"}]
    text = cnf({"variables": variables, "of_three": {}, "members": members}, "/srv/p")
    assert text == (
        'datadir="/srv/p"\n'
        'errorlog="/srv/p/proxysql.log"\n'
        "\nadmin_variables=\n{\n"
        '    x="back\\\\slash"\n'
        "}\n"
        "\nmysql_variables=\n{\n"
        '    b="true"\n'
        "}\n"
        "\nproxysql_servers=\n(\n"
        '    { hostname="192.0.2.11", port=6032, weight=0, comment="core1" },\n'
        '    { hostname="b", port=6032, weight=0, comment="" }\n'
        ")\n"
    )


HERE: dict[str, Any] = {
    "derived": {
        "check_user": "check", "check_password": "k", "watch_interval": 0.1, "watch_timeout": 0.4,
        "setback": -56, "step": 6, "isolation_targets": ["192.0.2.12"], "isolation_timeout": 0.75,
    },
    "addresses": ["192.0.2.100"],
    "preempts": True,
}  # fmt: skip


def test_the_watcher_is_told_of_what_is_switched_on_only() -> None:
    found = told(keepalived(isolation=False), HERE, 6032, "/run/x/watch")
    assert found["isolation"] is None and found["backends"] is None
    assert (found["aside"], found["user"], found["folder"]) == (-56, "check", "/run/x/watch")
    found = told(keepalived(backends=[10]), HERE, 7032, "/run/x/watch")
    assert found["isolation"]["targets"] == ["192.0.2.12"]
    assert found["backends"]["port"] == 7032 and found["backends"]["hostgroups"] == [10]
    assert told(keepalived(), {**HERE, "preempts": False}, 6032, "/x")["aside"] == -254


@pytest.mark.parametrize(
    ("given", "more"),
    [
        ({"watch": False, "backends": [10]}, []),
        ({"isolation": False}, ["watch"]),
        ({}, ["watch", "network"]),
        ({"backends": [10]}, ["watch", "network", "backends"]),
    ],
)
def test_keepalived_follows_what_somebody_writes(given: dict[str, Any], more: list[str]) -> None:
    found = tracked(keepalived(**given), "/run/v", "/var/l", "script")
    always = ["proxysql", "preference", "maintenance", "switchover", "restart"]
    assert [one["name"] for one in found] == always + more
    assert {
        one["path"]: one["owner"] for one in found if one["name"] in ("restart", "maintenance", "watch")
    } == {
        "/run/v/restart": "root",
        "/var/l/maintenance": "root",
        **({"/run/v/watch/watch": "script"} if more else {}),
    }
    assert [one["first"] for one in found][:2] == [-254, 0]
