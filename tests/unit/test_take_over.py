"""Whether somebody else has set up the ProxySQL of a host."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.proxysql_standing import proxysql_standing
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._take_over import SIGN, refusals, standing

CHECKOUT = Path(__file__).resolve().parents[2]
USUAL = "/var/lib/proxysql"
DATABASE = f"{USUAL}/proxysql.db"
STOPPED = "ActiveState=inactive\nExecStart=\nDropInPaths=\n"
RUNNING = "ActiveState=active\nExecStart={ argv[]=/usr/bin/proxysql -c /etc/proxysql.cnf }\n"
PACKAGE = 'datadir="/var/lib/proxysql"\nadmin_variables=\n{\n\tadmin_credentials="admin:admin"\n#\tx="y"\n}\n'
OWNERS = 'datadir="/srv/proxysql"\nadmin_variables=\n{\n admin_credentials="ops:0psSecret"\n}\n'
OURS = f"# Ansible managed\n#\n{SIGN}\n" + OWNERS


def test_the_sign_is_in_the_file_that_the_role_writes() -> None:
    text = (CHECKOUT / "roles/proxysql/templates/proxysql.cnf.j2").read_text(encoding="utf-8")
    assert SIGN in text.splitlines()


def test_the_file_of_the_package_is_nobodys_work() -> None:
    text = (CHECKOUT / "tests/emulator/packaging/proxysql.cnf").read_text(encoding="utf-8")
    for cnf in (text, PACKAGE):
        assert standing(STOPPED, cnf, [], USUAL)["found"] == []


@pytest.mark.parametrize(
    ("unit", "cnf", "there"),
    [
        ("", None, []),
        (STOPPED, None, []),
        (RUNNING, OURS.replace("/srv", "/var/lib"), [DATABASE]),
    ],
)
def test_a_bare_host_and_one_of_this_role_are_no_strangers(
    unit: str, cnf: str | None, there: list[str]
) -> None:
    found = standing(unit, cnf, there, USUAL)
    assert (found["found"], found["changes"], found["refusal"]) == ([], [], "")


@pytest.mark.parametrize(
    ("unit", "cnf", "there", "why"),
    [
        (RUNNING, PACKAGE, [], "ProxySQL is running"),
        (RUNNING.replace("=active", "=activating"), None, [], "ProxySQL is running"),
        (STOPPED, None, [DATABASE], f"{DATABASE} is there"),
        (STOPPED, OWNERS.replace("/srv", "/var/lib"), [], "/etc/proxysql.cnf was edited"),
        (STOPPED, PACKAGE.replace("admin:admin", "admin:admin;x:y"), [], "/etc/proxysql.cnf was edited"),
        (STOPPED, "", [], "/etc/proxysql.cnf was edited"),
    ],
)
def test_one_that_somebody_else_set_up_waits_for_a_word(
    unit: str, cnf: str | None, there: list[str], why: str
) -> None:
    told = standing(unit, cnf, there, USUAL)
    assert told["found"] == [why]
    assert told["refusal"].startswith(why)
    assert "proxysql_take_over" in told["refusal"]
    assert all(change in told["refusal"] for change in told["changes"])
    allowed = standing(unit, cnf, there, USUAL, take_over=True)
    assert (allowed["refusal"], allowed["changes"]) == ("", told["changes"])


def test_only_what_runs_is_restarted_and_only_what_is_there_is_kept() -> None:
    running = standing(RUNNING, PACKAGE, [], USUAL)["changes"]
    assert any("restarted" in change for change in running) and any("a copy" in change for change in running)
    stopped = standing(STOPPED, None, [DATABASE], USUAL)["changes"]
    assert not any("restarted" in change or "a copy" in change for change in stopped)


@pytest.mark.parametrize(
    ("options", "cnf", "place"),
    [
        ("", OWNERS, "/srv/proxysql"),
        (" -D /data/p", OWNERS, "/data/p"),
        (" -D/data/p ;", PACKAGE, "/data/p"),
        (" --datadir=/data/p/", PACKAGE, "/data/p"),
        (" --datadir /data/p", None, "/data/p"),
    ],
)
def test_data_elsewhere_are_not_left_behind(options: str, cnf: str | None, place: str) -> None:
    unit = RUNNING.replace(" }", f"{options} }}")
    told = standing(unit, cnf, [], USUAL, take_over=True)
    assert f"set proxysql_data_dir to {place}" in told["refusal"]
    assert standing(unit, cnf, [], place, take_over=True)["refusal"] == ""


def test_no_line_of_the_file_is_told() -> None:
    assert "0psSecret" not in str(proxysql_standing(RUNNING, OWNERS, [DATABASE]))


def test_all_that_speaks_against_it_at_once() -> None:
    told = standing(RUNNING, OWNERS, [], USUAL, take_over=True)
    found = refusals(
        told,
        "core1",
        keepalived="there is a keepalived.conf",
        later=["/etc/systemd/system/proxysql.service.d/override.conf"],
        login="radmin",
        let_in={"failed": False, "msg": "refused the login of 'radmin'"},
    )
    assert len(found) == 4 and all(line.startswith("core1 was not set up by this role") for line in found)
    for one, line in zip(("set proxysql_data_dir", "keepalived.conf", "override.conf", "radmin"), found):
        assert one in line


def test_what_is_no_strangers_is_not_refused() -> None:
    bare = standing(STOPPED, PACKAGE, [], USUAL)
    assert refusals(bare, "core1", later=["x.conf"], let_in={"skipped": True}) == []
    allowed = standing(RUNNING, PACKAGE, [], USUAL, take_over=True)
    assert refusals(allowed, "core1", login="radmin", let_in={"server_version": "2.7.1"}) == []


def test_where_this_role_has_put_its_data_they_stay() -> None:
    told = standing(RUNNING, OURS, [], USUAL)
    assert told["found"] == [] and "its data are in /srv/proxysql" in told["refusal"]
    (found,) = refusals(told, "core1", let_in={"skipped": True})
    assert found.startswith("core1: its data are in /srv/proxysql")
    assert standing(RUNNING, OURS, [], "/srv/proxysql")["refusal"] == ""
