"""The command line of a fleet: nodes for an inventory, and what Ansible has to be told to find them."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import grp
import json
import logging
import os
import resource
import secrets
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .virtual import Fleet, Place, places

CHECKOUT = Path(__file__).resolve().parents[3]


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("fleet", description=__doc__)
    add = parser.add_argument
    add("inventory", nargs="?", type=Path, help="whose proxysql_core and proxysql_satellite are to be nodes")
    add("--nodes", type=int, default=0, help="instead of an inventory: so many, two of them cores")
    add("--port", type=int, default=16032, help="of Admin; clients have the next one")
    add("--dead", type=int, default=0, help="so many satellites at whose address nobody listens")
    add("--hanging", type=int, default=0, help="so many that accept a connection and say nothing")
    add("--folder", type=Path, help="where to write; a new temporary one if not given")
    add("--verbose", action="store_true", help="log what each node does")
    given = parser.parse_args(arguments)
    if (given.inventory is None) == (given.nodes == 0):
        parser.error("give an inventory, or --nodes")
    return given


def hosts_of(inventory: Path) -> tuple[list[str], list[str]]:
    """Cores and satellites. Neither variables nor secrets are looked at."""
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader

    read = InventoryManager(loader=DataLoader(), sources=[str(inventory)])
    cores, satellites = (
        [str(host) for host in read.groups[name].get_hosts()] if name in read.groups else []
        for name in ("proxysql_core", "proxysql_satellite")
    )
    return cores, [host for host in satellites if host not in cores]


def variables_for(port: int, folder: Path) -> dict[str, Any]:
    """Extra variables: they go before all that the inventory says, so that no run gets to its real hosts."""
    word = secrets.token_hex
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "ansible_become": False,
        "proxysql_address": "{{ fleet_address }}",
        "proxysql_login_host": "{{ fleet_address }}",
        "proxysql_admin_port": port,
        "proxysql_mysql_port": port + 1,
        "proxysql_admin_interfaces": [f"{{{{ fleet_address }}}}:{port}"],
        "proxysql_mysql_interfaces": [f"{{{{ fleet_address }}}}:{port + 1}"],
        "proxysql_admin_user": "radmin",
        "proxysql_admin_password": word(12),
        "proxysql_cluster_user": "cluster",
        "proxysql_cluster_password": word(12),
        "proxysql_stats_user": "stats",
        "proxysql_stats_password": word(12),
        # A file of each node, in place of the host's own.
        "__proxysql_cnf": {
            "content": "{{ lookup('ansible.builtin.template', 'proxysql.cnf.j2') }}",
            "dest": f"{folder}/{{{{ inventory_hostname }}}}.cnf",
            "group": grp.getgrgid(os.getgid()).gr_name,
            "mode": "0600",
        },
        # There is one host, and nothing on it is a node's own.
        "proxysql_restore_points": 0,
        "proxysql_confirm": 0,
        "proxysql_rehearsal": False,
        "proxysql_try_logins": False,
        "keepalived_vips": [],
        "keepalived_instances": [],
    }


def first_variables(told: dict[str, Any], nodes: int) -> dict[str, Any]:
    """What the nodes start with: the logins, and the variables that the role sets by itself for so many."""
    from yaml import safe_load

    defaults = safe_load((CHECKOUT / "roles/proxysql/defaults/main.yml").read_text(encoding="utf-8"))
    logins = (
        "{proxysql_admin_user}:{proxysql_admin_password};{proxysql_cluster_user}:{proxysql_cluster_password}"
    )
    base = defaults["proxysql_base_variables"]
    interval = base["admin-cluster_check_interval_ms"]
    return {
        **base,
        # as plugins/plugin_utils/_site/spread.py has it
        "admin-cluster_check_interval_ms": max(interval, interval * nodes // 100),
        "admin-admin_credentials": logins.format(**told),
        "admin-stats_credentials": "{proxysql_stats_user}:{proxysql_stats_password}".format(**told),
        "admin-cluster_username": told["proxysql_cluster_user"],
        "admin-cluster_password": told["proxysql_cluster_password"],
    }


def write(folder: Path, given: Sequence[Place], told: dict[str, Any]) -> tuple[Path, Path]:
    """Where the nodes are, as an inventory, and the extra variables. JSON is YAML."""
    groups = {
        name: {"hosts": {one.host: {"fleet_address": one.address} for one in given if one.core is core}}
        for name, core in (("proxysql_core", True), ("proxysql_satellite", False))
    }
    found = folder / "places.yml", folder / "fleet.yml"
    for path, content in zip(found, ({"all": {"children": groups}}, told)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=1)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    given = parse(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(
        level=logging.INFO if given.verbose else logging.CRITICAL, format="%(asctime)s %(message)s"
    )
    if given.inventory is None:
        names = [f"node{number:04}" for number in range(1, given.nodes + 1)]
        cores, satellites = names[:2], names[2:]
    else:
        cores, satellites = hosts_of(given.inventory)
    # Each node has two ports and a file, and each of its clients one more.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with contextlib.ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-")))
        found = places(cores, satellites, given.dead, given.hanging)
        told = variables_for(given.port, folder)
        if given.inventory:
            # in place of that of an example, which is refused
            told["proxysql_monitor_password"] = secrets.token_hex(12)
        files = write(folder, found, told)
        inventories = [*([given.inventory] if given.inventory else []), files[0]]
        options = " ".join(f"-i {path}" for path in inventories) + f" -e @{files[1]}"
        asyncio.run(_serve(Fleet(found, given.port, first_variables(told, len(found)), folder), options))
    return 0


async def _serve(fleet: Fleet, options: str) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await fleet.start()
    print(f"{len(fleet.nodes)} of {len(fleet.places)} nodes are up. Until this is ended (Ctrl-C):")
    print(f"ansible-playbook {options} mysqlha.proxysql.status", flush=True)
    await stopped.wait()
    await fleet.stop()
