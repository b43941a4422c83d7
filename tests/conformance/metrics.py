"""What the real server's exporter has: the names, kinds and labels of its metrics, without the numbers.

Alerts and dashboards may name no others. The emulator has no exporter.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pymysql

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "emulator"))

from server import Server, free_port  # noqa: E402

PATH = HERE / "metrics.json"
_LINE = re.compile(r"(?P<name>[a-z0-9_]+)(?:{(?P<labels>.*)})? ")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
# Labels whose values do not differ from site to site.
_WORDS = {"status", "type", "op", "reason", "traffic_flow", "module_name", "name"}

# They come a little later than the others.
_LATE = ("mysql_error_total", "proxysql_servers_checksums_epoch", "proxysql_servers_metrics_last_check_ms")

Metrics = dict[str, dict[str, Any]]


def parsed(text: str) -> Metrics:
    """Name -> type, and labels with their values where these are words of the server's own."""
    found: Metrics = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            found[name] = {"type": kind, "labels": {}}
        elif not line.startswith("#") and (match := _LINE.match(line)):
            name = match["name"]
            held = found.get(name) or found[re.sub("_(count|sum|bucket)$", "", name)]
            for label, value in _LABEL.findall(match["labels"] or ""):
                words = held["labels"].setdefault(label, [])
                if label in _WORDS and value not in words:
                    words.append(value)
    return {name: _sorted(held) for name, held in sorted(found.items())}


def _sorted(held: dict[str, Any]) -> dict[str, Any]:
    labels = {label: sorted(words) for label, words in sorted(held["labels"].items())}
    return {"type": held["type"], "labels": labels}


def asked(binary: str) -> Metrics:
    """Of a node that is its own cluster, with a database that is away and a client in vain."""
    port, nobody = free_port("127.0.0.1"), free_port("127.0.0.1")
    settings = {"restapi_enabled": True, "restapi_port": port, "cluster_check_interval_ms": 100}
    with Server(binary=binary, admin_variables=settings) as server:
        with server.connect() as connection, connection.cursor() as cursor:
            for statement in (
                f"INSERT INTO proxysql_servers(hostname, port) VALUES ('127.0.0.1', {server.admin_port})",
                "LOAD PROXYSQL SERVERS TO RUNTIME",
                f"INSERT INTO mysql_servers(hostgroup_id, hostname, port) VALUES (1, '127.0.0.1', {nobody})",
                "LOAD MYSQL SERVERS TO RUNTIME",
                "INSERT INTO mysql_users(username, password, default_hostgroup) VALUES ('shop', 'shop', 1)",
                "LOAD MYSQL USERS TO RUNTIME",
                "SET mysql-connect_timeout_server_max = 1000",
                "LOAD MYSQL VARIABLES TO RUNTIME",
            ):
                cursor.execute(statement)
        _in_vain(server)
        deadline = time.monotonic() + 20
        while True:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                found = parsed(answer.read().decode())
            if all(found.get(name, {}).get("labels") for name in _LATE):
                return found
            if time.monotonic() > deadline:
                raise RuntimeError("the exporter does not show a node of the cluster, or the error")
            time.sleep(0.2)


def _in_vain(server: Server) -> None:
    with contextlib.suppress(pymysql.Error):
        client = pymysql.connect(host=server.host, port=server.data_port, user="shop", password="shop")
        with client, client.cursor() as cursor:
            cursor.execute("SELECT 1")


def dump(source: str, metrics: Metrics) -> str:
    lines = [f"  {json.dumps(name)}: {json.dumps(held)}" for name, held in metrics.items()]
    head = f' "recorded_from": {json.dumps(source)},\n "metrics": {{\n'
    return "{\n" + head + ",\n".join(lines) + "\n }\n}\n"
