"""What stands, for a person: nodes, VIP, backends, convergence, and how to connect."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any

import pymysql
import yaml

from .hosts import Host, kill, run
from .machine import CHECKOUT, LAB

CREDENTIALS = CHECKOUT / "molecule" / "default" / "inventory" / "group_vars" / "all" / "credentials.yml"
CLIENT = "mariadb --defaults-group-suffix=-app"

Row = dict[str, str]


def _colour(code: str, text: str) -> str:
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        return f"\033[{code}m{text}\033[0m"
    return text


def good(text: str) -> str:
    return _colour("32", text)


def bad(text: str) -> str:
    return _colour("31", text)


def show(nodes: list[Host], cores: list[str], vip: str, which: str) -> bool:
    """Print the state; False when something is not as it shall be."""
    deadline = time.monotonic() + 20
    while True:
        holders = [node.name for node in nodes if _holds(node, vip)]
        checksums = {node.name: _checksums(node) for node in nodes}
        backends = {node.name: _backends(node) for node in nodes}
        settled = holders == cores[:1] and _agree(checksums) and _online(backends)
        if settled or time.monotonic() > deadline:
            break
        time.sleep(0.3)
    print()
    print(f"  {which}")
    _print_nodes(nodes, cores, holders, vip)
    _print_backends(backends)
    _print_sections(checksums)
    answer = _print_commands(vip)
    if not settled:
        print(bad("  This is not the state that was declared."))
    return settled and bool(answer)


def _admin(node: Host, statement: str) -> list[Row]:
    known = yaml.safe_load(CREDENTIALS.read_text(encoding="utf-8"))
    connection = pymysql.connect(
        host=node.address,
        port=6032,
        user=known["proxysql_admin_user"],
        password=known["proxysql_admin_password"],
        connect_timeout=5,
        read_timeout=10,
        conv={},
        autocommit=True,
        ssl_disabled=True,
        cursorclass=pymysql.cursors.DictCursor,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return [{key: _text(value) for key, value in row.items()} for row in cursor.fetchall()]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else "" if value is None else str(value)


def _holds(node: Host, vip: str) -> bool:
    return f" {vip}/" in run(node, "ip -4 -o address show dev eth0")


def _checksums(node: Host) -> dict[str, Row]:
    rows = _admin(node, "SELECT name, version, epoch, checksum FROM runtime_checksums_values")
    return {row["name"]: row for row in rows if int(row["version"] or 0) > 0}


def _backends(node: Host) -> list[Row]:
    return _admin(
        node,
        "SELECT s.hostgroup_id, s.hostname, s.port, s.status, s.comment, h.writer_hostgroup"
        " FROM runtime_mysql_servers s LEFT JOIN runtime_mysql_replication_hostgroups h"
        " ON s.hostgroup_id = h.writer_hostgroup ORDER BY s.hostgroup_id, s.hostname",
    )


def _agree(checksums: dict[str, dict[str, Row]]) -> bool:
    first, *others = checksums.values()
    return all(
        other.get(name, {}).get("checksum") == row["checksum"]
        for name, row in first.items()
        for other in others
    )


def _online(backends: dict[str, list[Row]]) -> bool:
    first, *others = backends.values()
    return (
        bool(first)
        and all(row["status"] == "ONLINE" for row in first)
        and all(other == first for other in others)
    )


def _table(rows: list[list[str]]) -> None:
    """Columns as wide as their widest cell; the first row is the heading."""
    widths = [max(len(row[number]) for row in rows) for number in range(len(rows[0]))]
    print()
    for number, row in enumerate(rows):
        text = "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
        for word, paint in (
            ("ONLINE", good),
            ("active", good),
            ("agree", good),
            ("DIFFER", bad),
            ("SHUNNED", bad),
        ):
            text = text.replace(word, paint(word))
        print(_colour("1", text) if number == 0 else text)


def _print_nodes(nodes: list[Host], cores: list[str], holders: list[str], vip: str) -> None:
    rows = [["NODE", "ADDRESS", "ROLE", "PROXYSQL", f"VIP {vip}"]]
    for node in nodes:
        core = node.name in cores
        version = next(iter(_admin(node, "SELECT @@version")[0].values()))
        state = "active" if node.name in holders else "backup" if core else ""
        rows.append([node.name, node.address, "core" if core else "satellite", version, state])
    _table(rows)


def _print_backends(backends: dict[str, list[Row]]) -> None:
    rows = [["BACKEND", "HOSTGROUP", *(f"ON {name.upper()}" for name in backends)]]
    keys = sorted({(row["hostgroup_id"], row["hostname"]) for found in backends.values() for row in found})
    for group, hostname in keys:
        states = {}
        for name, found in backends.items():
            for row in found:
                if (row["hostgroup_id"], row["hostname"]) == (group, hostname):
                    states[name] = row
        one = next(iter(states.values()))
        kind = "writer" if one["writer_hostgroup"] else "reader"
        label = f"{hostname}:{one['port']} ({one['comment']})"
        rows.append(
            [label, f"{group} {kind}", *(states.get(name, {}).get("status", "-") for name in backends)]
        )
    _table(rows)


def _print_sections(checksums: dict[str, dict[str, Row]]) -> None:
    rows = [["SECTION", "CHECKSUM", *(f"{name.upper()} VERSION" for name in checksums), "THE NODES"]]
    for section in sorted({name for found in checksums.values() for name in found}):
        values = [found.get(section, {}) for found in checksums.values()]
        same = len({value.get("checksum") for value in values}) == 1
        shown = values[0].get("checksum", "") if same else "-"
        rows.append(
            [section, shown, *(value.get("version", "-") for value in values), "agree" if same else "DIFFER"]
        )
    _table(rows)


def _print_commands(vip: str) -> str:
    """The commands a person can use; the first is tried here, so that it works as shown."""
    lab = os.path.relpath(LAB / "lab", Path.cwd())
    connect = f"{CLIENT} -h {vip} -P 6033"
    db2 = Host("demo", "db2", "")
    answer = run(db2, f"{connect} -N -e 'SELECT @@hostname'", check=False).strip()
    shown = good(f"answers: {answer}") if answer else bad("does not answer")
    print()
    print(f"  Connect through the VIP ({shown}):")
    print(f"      {lab} exec demo db2 {connect}")
    print("  See a failover: the core that holds the VIP is killed as if its power failed:")
    print("      make demo-kill")
    play = ".venv/bin/ansible-playbook -i .cache/lab/demo/inventory playbooks/"
    print("  Move the VIP without a failed login; look at the whole; see what site would change (nothing):")
    print(f"      {play}switchover.yml -e proxysql_switchover_to=core2")
    print(f"      {play}status.yml -e proxysql_status_page=status.html")
    print(f"      {play}site.yml --check --diff")
    print("  Look into a node:")
    print(f"      {lab} ssh demo core1")
    print("  Remove it all:")
    print("      make demo-down")
    print()
    return answer


PERIOD = 0.02
PATIENCE = 30.0


def failover(cores: list[Host], vip: str) -> int:
    """Kill the holder of the VIP while a client logs in anew every 20 ms; print what that client saw."""
    holders = [core for core in cores if _holds(core, vip)]
    if not holders:
        print(bad(f"No core holds {vip}."))
        return 1
    known = yaml.safe_load(CREDENTIALS.read_text(encoding="utf-8"))
    login = {"user": known["lab_app_user"], "password": known["lab_app_password"]}
    print(f"  {holders[0].name} holds {vip}. A client logs in {1 / PERIOD:.0f} times a second.")
    if not _serves(vip, login):
        print(bad(f"  {vip} does not answer, before anything was done."))
        return 1
    killing = Thread(target=kill, args=(holders[0],))
    last = began = time.monotonic()
    failed, gap = 0, 0.0
    killing.start()
    # until it answers again after it did not, and for some more seconds in case that was not the end of it
    until = began + PATIENCE
    while time.monotonic() < until:
        if _serves(vip, login):
            now = time.monotonic()
            if now - last > gap:
                gap = now - last
            if failed and until == began + PATIENCE:
                until = now + 3
            last = now
        else:
            failed += 1
        time.sleep(PERIOD)
    killing.join()
    survivor = next(core for core in cores if core.name != holders[0].name)
    moved = _holds(survivor, vip)
    text = f"  {survivor.name} holds it now. Without an answer: {gap:.2f} s, {failed} failed logins."
    print(good(text) if moved else bad(f"  {survivor.name} does not hold it after {PATIENCE:.0f} s."))
    lab = os.path.relpath(LAB / "lab", Path.cwd())
    print(f"  Bring {holders[0].name} back; it follows, and takes the VIP again without a failed login:")
    print(f"      {lab} start demo {holders[0].name}")
    return 0 if moved else 1


def _serves(vip: str, login: dict[str, str]) -> bool:
    try:
        connection = pymysql.connect(
            host=vip, port=6033, connect_timeout=0.25, read_timeout=0.25, ssl_disabled=True, **login
        )
    except (pymysql.Error, OSError):
        return False
    try:
        with connection, connection.cursor() as cursor:
            return bool(cursor.execute("SELECT 1"))
    except (pymysql.Error, OSError):
        return False
