"""How long playbooks/status.yml takes over many nodes.

    python tests/benchmarks/fleet.py [--nodes 100] [--forks 10]

The nodes are emulators on loopback addresses of this machine, so the modules run here as well:
on real hosts the time of a module is theirs, and ssh comes on top.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "emulator")]

import yaml  # noqa: E402
from server import Server  # noqa: E402

PASSWORDS = {"admin": "Adm1n-fleet", "cluster": "Clust3r-fleet"}


def made(count: int) -> list[Server]:
    """Servers that follow the first two, with the same configuration."""
    settings = {"admin_credentials": "radmin:{admin};cluster:{cluster}".format(**PASSWORDS)}
    settings |= {"cluster_password": PASSWORDS["cluster"]}
    servers = []
    for number in range(count):
        server = Server(host=f"127.0.1.{number + 1}", binary="")
        text = server.cnf.read_text(encoding="utf-8")
        text = text.replace("admin:admin;cluster:clusterpw", "admin:admin;" + settings["admin_credentials"])
        server.cnf.write_text(text.replace('"clusterpw"', f'"{PASSWORDS["cluster"]}"'), encoding="utf-8")
        servers.append(server)
    cores = ",".join(f'{{hostname="{s.host}" port={s.admin_port}}}' for s in servers[:2])
    for server in servers:
        text = server.cnf.read_text(encoding="utf-8")
        server.cnf.write_text(text + f"proxysql_servers=({cores})\n", encoding="utf-8")
    return servers


def inventory(servers: list[Server]) -> dict[str, object]:
    def hosts(part: list[Server]) -> dict[str, dict[str, object]]:
        return {
            f"node{s.host.rpartition('.')[2]}": {
                "proxysql_address": s.host,
                "proxysql_login_host": s.host,
                "proxysql_admin_port": s.admin_port,
            }
            for s in part
        }

    return {
        "all": {
            "children": {
                "proxysql_core": {"hosts": hosts(servers[:2])},
                "proxysql_satellite": {"hosts": hosts(servers[2:])},
            },
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
                "proxysql_admin_password": PASSWORDS["admin"],
                "proxysql_cluster_password": PASSWORDS["cluster"],
                "proxysql_base_variables": {},
            },
        }
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--forks", type=int, default=10)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = made(given.nodes)
        # A server ends with the thread that started it, so these threads are kept.
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=4))
        list(pool.map(lambda server: server.start(), servers))
        for server in servers:
            stack.callback(server.kill)
        (folder / "hosts.yml").write_text(yaml.safe_dump(inventory(servers)), encoding="utf-8")
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")),
            "-i",
            str(folder),
            "-f",
            str(given.forks),
        ]
        before = os.times()
        began = time.monotonic()
        done = subprocess.run(
            [*command, str(TESTS.parent / "playbooks/status.yml")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        took, after = time.monotonic() - began, os.times()
        print(
            "\n".join(line for line in done.stdout.splitlines() if " answer" in line or '"! ' in line)[-3000:]
        )
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"{given.nodes} nodes, {given.forks} forks: {took:.1f} s, {cpu:.0f} s of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
