"""Nodes use TLS with each other, and take any certificate. On the real server alone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from conftest import REAL, REAL_THREE
from driver import sql
from server import Server
from tls import Authority, TlsRelay

SETTINGS = {"cluster_check_interval_ms": 100, "cluster_mysql_servers_diffs_before_sync": 1}


def follows(binary: str, core: Server, port: int, seconds: float) -> bool:
    """Whether a node that knows the core by that port gets a change of it."""
    with_port = Server(binary=binary, admin_variables=SETTINGS)
    text = with_port.cnf.read_text()
    with_port.cnf.write_text(f'{text}proxysql_servers=({{hostname="{core.host}" port={port}}})\n')
    with with_port as node:
        sql(
            core,
            "INSERT INTO mysql_servers (hostname) VALUES ('192.0.2.31')",
            "LOAD MYSQL SERVERS TO RUNTIME",
        )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if sql(node, "SELECT 1 FROM runtime_mysql_servers"):
                return True
            time.sleep(0.05)
    return False


@pytest.mark.parametrize("binary", [REAL, REAL_THREE], ids=["2", "3"])
def test_with_tls_and_any_certificate(binary: str, tmp_path: Path) -> None:
    if not binary:
        pytest.skip("there is no such ProxySQL (PROXYSQL_BIN, PROXYSQL3_BIN)")
    core = Server(binary=binary, admin_variables=SETTINGS)
    # it serves nobody without TLS, with a certificate of an authority that no node knows
    with core, TlsRelay(core.admin_port, Authority(tmp_path)) as relay:
        assert follows(binary, core, relay.port, 15)
