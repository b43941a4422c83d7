"""The module status on a running server: what it tells, and that it writes nothing."""

from __future__ import annotations

import http.server
import json
import os
import threading

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks import run_node_info
from cases import FIRST
from driver import everything, sql


def test_status_tells_of_the_node_and_writes_nothing(module, server):
    before = everything(server)
    sql(server, "INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (7, '192.0.2.7')")
    sql(server, "LOAD MYSQL SERVERS TO RUNTIME", "SAVE MYSQL SERVERS TO DISK")
    found = module("node_info", address="192.0.2.1", addresses=["127.0.0.1", "192.0.2.99"])
    assert found["changed"] is False
    assert found["cluster"]["name"] == f"192.0.2.1:{server.admin_port}"
    assert found["cluster"]["sections"]["MYSQL USERS"]["version"] > 0
    assert [(each["hostgroup"], each["host"]) for each in found["backends"]] == [("7", "192.0.2.7")]
    assert found["holds"] == ["127.0.0.1"]
    assert found["drift"] == {}
    sql(server, "DELETE FROM mysql_servers", "LOAD MYSQL SERVERS TO RUNTIME", "SAVE MYSQL SERVERS TO DISK")
    assert everything(server) == before


def test_status_tells_what_hostgroups_are_for(module, server):
    sql(server, "DELETE FROM mysql_replication_hostgroups", "DELETE FROM mysql_galera_hostgroups")
    assert module("node_info")["hostgroup_roles"] == {}
    sql(
        server,
        "INSERT INTO mysql_replication_hostgroups (writer_hostgroup, reader_hostgroup) VALUES (10, 20)",
        "INSERT INTO mysql_galera_hostgroups (writer_hostgroup, backup_writer_hostgroup, reader_hostgroup,"
        " offline_hostgroup) VALUES (1, 2, 3, 4)",
        "LOAD MYSQL SERVERS TO RUNTIME",
    )
    galera = {"1": "writer", "2": "backup writer", "3": "reader", "4": "offline"}
    assert module("node_info")["hostgroup_roles"] == {"10": "writer", "20": "reader", **galera}
    sql(
        server,
        "DELETE FROM mysql_replication_hostgroups",
        "DELETE FROM mysql_galera_hostgroups",
        "LOAD MYSQL SERVERS TO RUNTIME",
    )


def test_what_sets_a_host_back(tmp_path):
    for name, text in {
        "maintenance": "-254\n",
        "switchover": "0\n",
        "watch": "garbage",
        "network": "",
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "maintenance.why").write_text("a new disk\nand more\n")
    (tmp_path / "restart").symlink_to(tmp_path / "maintenance")
    os.mkfifo(tmp_path / "preference")
    names = ["maintenance", "switchover", "watch", "network", "restart", "preference", "nothing"]
    found = run_node_info._set_back([str(tmp_path / name) for name in names])
    assert found == {"maintenance": {"value": -254, "why": "a new disk"}}


def test_what_load_balancers_are_told(module):
    """As the program proxysql-health tells it to its own host."""
    told = {"status": 404, "balancers": {"192.0.2.41": 3}, "age": 31.5}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            self.send_response(200 if self.path == "/asked" else 500)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        port = listening.server_address[1]
        found = module("node_info", health_port=port)["health"]
        assert found == {"port": port, "status": 404, "balancers": ["192.0.2.41"], "age": 31}
        told.clear()
        silent = {"port": port, "status": 0, "balancers": [], "age": 0}
        assert module("node_info", health_port=port)["health"] == silent
        listening.shutdown()
    assert module("node_info", health_port=port)["health"] == silent
    assert module("node_info")["health"] == {}


def test_status_tells_drift_by_layer(module, server):
    module("config", tables=FIRST)
    assert module("node_info", tables=FIRST, state="overridden")["drift"] == {}
    sql(server, "UPDATE mysql_servers SET weight = 9 WHERE hostname = 'db1'")
    drift = module("node_info", tables=FIRST, variables={"mysql-max_connections": 77})["drift"]
    # The declared state wins in every layer, so only memory differs from it.
    assert drift["mysql_servers"] == {"memory": 1}
    assert len(drift) == 2, "and the variable"


def test_status_tells_of_variables_of_each_section(module, server):
    variables = {"mysql-max_connections": 77, "admin-read_only": False}
    first = module("node_info", variables={"mysql-max_connections": 77})["drift"]
    assert first == {"global_variables": {"memory": 1, "runtime": 1, "disk": 1}}
    # those of another section are as declared, and hide nothing
    assert module("node_info", variables=variables)["drift"] == first


def test_status_shows_no_password(module, server):
    module("config", tables=FIRST)
    found = module("node_info", tables=FIRST)
    for secret in ("clusterpw", "s3cret", "admin:admin"):
        assert secret not in module.text
    assert found["cluster"]["login_mark"] in found["cluster"]["accepts_marks"]


def test_status_of_a_declaration_that_can_not_be_says_so(module, server):
    found = module(
        "node_info", tables={"mysql_servers": [{"hostgroup_id": 1, "hostname": "x", "nonsense": 1}]}
    )
    assert found.get("failed") or "nonsense" in found["drift_unknown"]
