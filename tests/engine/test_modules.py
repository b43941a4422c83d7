"""The modules as Ansible runs them: options in, JSON out, and nothing that should not be seen."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import SECTIONS, TABLES
from cases import FIRST, SHA1
from driver import everything, layers, sql, variable


@pytest.mark.parametrize("name", FIRST)
def test_a_table_module(module, server, name):
    options = {"config": FIRST[name], "state": "overridden"}
    check = module(name, check=True, **options)
    assert check["changed"] and not layers(server, name)["memory"]
    done = module(name, **options)
    assert done["changed"] and done["server_version"].startswith(("2.7.", "3.0."))
    for field in ("before", "after", "diff", "statements", "layers"):
        assert done[field] == check[field], field
    assert done["before"] == [] and len(done["after"]) == len(FIRST[name])
    again = module(name, **options)
    assert not again["changed"] and again["statements"] == [] and again["diff"] == []
    layer = "disk" if SECTIONS[TABLES[name].section].disk else "runtime"
    gathered = module(name, state="gathered", layer=layer)["gathered"]
    if name != "mysql_users":  # which is gathered without passwords
        assert not module(name, config=gathered, state="overridden")["changed"]
    assert not module(name, config=gathered)["changed"]


def test_null_empty_and_not_given_are_three_things(module, server):
    rule = {"rule_id": 1, "active": True, "match_pattern": "x"}

    def stored():
        return layers(server, "mysql_query_rules")["runtime"][(1,)]["replace_pattern"]

    module("mysql_query_rules", config=[{**rule, "replace_pattern": ""}])
    assert stored() == ""
    assert not module("mysql_query_rules", config=[rule])["changed"]
    assert stored() == ""
    assert module("mysql_query_rules", config=[{**rule, "replace_pattern": None}])["changed"]
    assert stored() is None


def test_config_takes_everything_in_one_task(module):
    options = {"tables": FIRST, "variables": {"mysql-max_connections": 500, "mysql-threads": 3}}
    options["state"] = "overridden"
    done = module("config", **options)
    assert done["layers"] == {"memory": "changed", "runtime": "loaded", "disk": "saved"}
    assert done["restart_required"] == ["mysql-threads"]
    assert set(done["after"]["tables"]) == set(FIRST)
    assert not module("config", **options)["changed"]
    module("config", variables={"mysql-threads": 2})


def test_config_takes_a_state_for_each_table(module, server):
    module("config", tables=FIRST)
    tables = {"mysql_servers": [{"hostname": "db0"}], "mysql_users": [{"username": "app"}]}
    module("config", tables=tables, state={"mysql_servers": "overridden", "mysql_users": "deleted"})
    assert list(layers(server, "mysql_servers")["memory"]) == [(0, "db0", 3306)]
    assert ("app", True) not in layers(server, "mysql_users")["runtime"]


def test_rendered_needs_no_server(module):
    done = module("mysql_servers", state="rendered", config=[{"hostname": "db1", "weight": 5}], login_port=1)
    assert not done["changed"]
    assert done["rendered"][0].startswith("INSERT INTO mysql_servers (")
    assert done["rendered"][0].endswith("DO UPDATE SET weight = excluded.weight")
    assert done["rendered"][1:] == ["LOAD MYSQL SERVERS TO RUNTIME", "SAVE MYSQL SERVERS TO DISK"]


def test_the_rendered_sql_is_what_merged_means(module, server):
    rows = {"config": FIRST["mysql_servers"]}
    sql(server, *module("mysql_servers", state="rendered", **rows)["rendered"])
    assert not module("mysql_servers", **rows)["changed"]


def test_variables(module):
    done = module("global_variables", config={"mysql-max_connections": "700", "mysql-multiplexing": False})
    assert done["after"] == {"mysql-max_connections": "700", "mysql-multiplexing": "false"}
    assert not module("global_variables", config={"mysql-max_connections": 700})["changed"]
    gathered = module("global_variables", state="gathered", layer="runtime")["gathered"]
    assert gathered["mysql-max_connections"] == "700"
    assert not any("password" in name or "credentials" in name for name in gathered)


@pytest.mark.parametrize(
    "direction, word",
    [("memory_to_runtime", "loaded"), ("memory_to_disk", "saved"), ("disk_to_memory", "loaded")],
)
def test_runtime_acts_only_where_layers_differ(module, server, direction, word):
    options = {"sections": ["mysql users", "MYSQL QUERY RULES"], "direction": direction}
    assert module("runtime", **options)["statements"] == []
    sql(server, "INSERT INTO mysql_users (username) VALUES ('u')")
    before = everything(server)
    check = module("runtime", check=True, **options)
    assert everything(server) == before
    done = module("runtime", **options)
    assert done["sections"] == check["sections"] == {"MYSQL USERS": word, "MYSQL QUERY RULES": "unchanged"}
    assert len(done["statements"]) == 1
    assert not module("runtime", **options)["changed"]


def test_runtime_says_what_a_load_did_not_take(module, server):
    name = "mysql-default_authentication_plugin"
    sql(server, f"UPDATE global_variables SET variable_value = 'nope' WHERE variable_name = '{name}'")
    before = everything(server)
    done = module("runtime", sections=["MYSQL VARIABLES"], direction="memory_to_runtime")
    assert done["failed"] and name in done["msg"] and "put back as it was" in done["msg"], done
    assert everything(server) == before


def test_runtime_saves_no_value_over_one_that_waits_for_a_restart(module, server):
    module("global_variables", config={"mysql-threads": 8})
    name = "mysql-max_connections"
    sql(server, f"UPDATE global_variables SET variable_value = '777' WHERE variable_name = '{name}'")
    for direction in ("memory_to_runtime", "memory_to_disk"):
        done = module("runtime", direction=direction)
        assert done["changed"] and not module("runtime", direction=direction)["changed"]
    assert variable(server, name)["disk"] == "777"
    assert variable(server, "mysql-threads")["disk"] == "8"


def test_runtime_minds_no_variable_of_an_older_release(module, server):
    name = "mysql-of_an_older_release"
    sql(server, f"INSERT INTO disk.global_variables VALUES ('{name}', '1')")
    try:
        module("runtime", direction="memory_to_disk")
        done = module("runtime", direction="memory_to_disk")
        assert not done.get("failed") and not done["changed"], done
    finally:
        sql(server, f"DELETE FROM disk.global_variables WHERE variable_name = '{name}'")


def test_runtime_minds_no_checksum_that_is_off(module, server):
    """Runtime then has 0 for the differences before the section is followed, whatever memory says."""
    module("global_variables", config={"admin-checksum_mysql_users": False})
    before = everything(server)
    for _ in range(2):
        done = module("runtime")
        assert not done.get("failed") and not done["changed"], done
    assert everything(server) == before


def test_login_from_an_option_file(module, server, tmp_path):
    path = tmp_path / "my.cnf"
    path.write_text(
        f"[client]\nuser=admin\npassword='admin'\nhost={server.host}\nport={server.admin_port}\nskip-ssl\n"
    )
    options = {"login_user": None, "login_password": None, "login_host": None, "login_port": None}
    options["login_defaults_file"] = str(path)
    assert "gathered" in module("mysql_servers", state="gathered", **options)
    options["login_password"] = "given beside the file"
    assert "refused the login of 'admin'" in module("mysql_servers", state="gathered", **options)["msg"]
    options["login_defaults_file"] = str(tmp_path / "missing.cnf")
    assert "login_defaults_file: cannot read" in module("mysql_servers", state="gathered", **options)["msg"]


def test_somebodys_open_edits_are_refused_or_warned_about(module, server):
    sql(server, "INSERT INTO mysql_servers (hostname) VALUES ('theirs')")
    for check in (True, False):
        refused = module("mysql_servers", config=[{"hostname": "mine"}], check=check)
        assert refused["error"] == "OpenEditsError"
        assert refused["open_edits"] == {
            "MYSQL SERVERS": ["mysql_servers, row hostgroup_id=0, hostname=theirs, port=3306"]
        }
    done = module("mysql_servers", config=[{"hostname": "mine"}], open_edits="publish")
    assert "row hostgroup_id=0, hostname=theirs, port=3306" in str(done["warnings"])
    assert "warnings" not in module("mysql_servers", config=[{"hostname": "mine", "weight": 5}])


# -- errors ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, options, message",
    [
        (
            "mysql_servers",
            {"config": [{"hostname": "a", "port": "x"}]},
            "row hostname=a, port=x, column port: expected",
        ),
        ("mysql_servers", {"config": [{"hostname": "a", "nope": 1}]}, "column nope: ProxySQL "),
        ("mysql_servers", {"config": "text"}, "mysql_servers: expected a list of rows"),
        ("mysql_servers", {"state": "overridden"}, "allow_empty: true if that is meant"),
        ("mysql_servers", {"scope": {"nope": 1}}, "mysql_servers, scope: no column nope"),
        (
            "global_variables",
            {"config": {"mysql-max_connections": 0}},
            "variable mysql-max_connections: 0 is out of",
        ),
        ("config", {"tables": {"nope": []}}, "tables: nope is not one of"),
        (
            "config",
            {"tables": {"mysql_users": [{}]}},
            "mysql_users, row 1 of the list, column username: this key",
        ),
        (
            "config",
            {"tables": FIRST, "state": {"mysql_users": "gone"}},
            "state of mysql_users: gone is not one of",
        ),
        ("runtime", {"sections": ["NOPE"]}, "section NOPE: not one of"),
    ],
)
def test_bad_input_is_a_clear_error_and_writes_nothing(module, server, name, options, message):
    before = everything(server)
    result = module(name, **options)
    assert result["failed"] and message in result["msg"], result["msg"]
    assert everything(server) == before


@pytest.mark.parametrize("name", FIRST)
def test_every_module_refuses_what_its_table_can_not_hold(module, server, name):
    row = FIRST[name][0]
    before = everything(server)
    for rows, message in (
        ([{**row, "nope": 1}], "column nope: ProxySQL "),
        ([{column: [value] for column, value in row.items()}], "row 1 of the list, column "),
        ([{}], "row 1 of the list, column "),
        ([row, row], "declared twice, as rows 1 and 2"),
        ("text", "expected a list of rows, got text"),
        ([dict.fromkeys(row, "a\x00b")], ", column "),
    ):
        for state in ("merged", "replaced", "overridden", "deleted", "rendered"):
            if state == "rendered" and message.startswith("column nope"):
                continue  # without a server nobody can tell
            result = module(name, config=rows, state=state)
            assert result["failed"] and name in result["msg"] and message in result["msg"], result
            assert "exception" not in result
    assert everything(server) == before


# -- secrets -----------------------------------------------------------------------------

SECRET = "Xq7-s3cret'\"\\-Zz"


def test_no_result_shows_a_secret(module):
    users = [{"username": "app", "password": SECRET}, {"username": "hashed", "password": SHA1}]
    variables = {"mysql-monitor_password": SECRET}
    bad = [{"username": "app", "password": SECRET, "max_connections": -1}]
    for options in (
        {"name": "mysql_users", "config": users},
        {"name": "mysql_users", "config": [{"username": "app", "password": SECRET + "2"}]},
        {"name": "mysql_users", "config": bad},
        {"name": "mysql_users", "config": [{"username": "app", "passwort": SECRET}]},
        {"name": "mysql_users", "state": "rendered", "config": users},
        {"name": "mysql_users", "state": "gathered"},
        {"name": "global_variables", "config": variables},
        {"name": "global_variables", "state": "rendered", "config": variables},
        {"name": "config", "tables": {"mysql_users": users}, "variables": variables},
        {"name": "config", "tables": {"mysql_users": bad}, "variables": variables},
        {"name": "mysql_users", "config": [], "login_password": "Xq7-s3cret-wrong"},
    ):
        module(diff=True, **options)
        assert "s3cret" not in module.text, options
        assert SHA1[1:] not in module.text, options


def test_a_changed_password_is_a_visible_change(module):
    module("mysql_users", config=[{"username": "app", "password": "one"}])
    done = module("mysql_users", diff=True, config=[{"username": "app", "password": "two"}])
    assert done["diff"][0]["before"] != done["diff"][0]["after"]


def test_tls_that_is_required_is_never_done_without(module, server):
    """The emulator offers none; the real server does. PyMySQL before 1.2 would go on in the clear."""
    result = module("proxysql_info", tables=["mysql_servers"], ssl_mode="required", connect_timeout=2)
    if server.is_real:
        assert not result.get("failed"), result
    else:
        assert "SSL is required but the server doesn't support it" in result["msg"]
