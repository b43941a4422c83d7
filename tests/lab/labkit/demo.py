"""The demo: a lab of five hosts, two databases, site.yml, a look at what stands, and a failover."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import hosts, image, inventory, machine, network, package, view
from .machine import CACHE, CHECKOUT, LAB
from .say import Refused, done, line, progress, refuse, step

NAME = "demo"
ADDRESSES = {"core1": 11, "core2": 12, "sat1": 13, "db1": 21, "db2": 22}
GROUPS = {
    "proxysql_core": ["core1", "core2"],
    "proxysql_satellite": ["sat1"],
    "mysql_primary": ["db1"],
    "mysql_replica": ["db2"],
}
HERE = CACHE / NAME
INVENTORY = HERE / "inventory"
# The demo declares what the Molecule scenario declares.
GROUP_VARS = CHECKOUT / "molecule" / "default" / "inventory" / "group_vars"
BIN = CHECKOUT / ".venv" / "bin"


def up() -> int:
    began = time.monotonic()
    chosen = package.choose()
    line(str(chosen))
    image.ensure({"base", "mariadb"})
    # Only now, which can be minutes later: somebody else may have taken a network meanwhile.
    with network.turn():
        subnet = network.free(NAME)
        wanted = [f"{name}:{subnet[last]}" for name, last in ADDRESSES.items()]
        made = hosts.plan(NAME, str(subnet), wanted, {"mariadb": {"db1", "db2"}})
        hosts.up(made, str(subnet))
    write_inventory(made, chosen)
    with step("collection: installing it from this checkout into .ansible"):
        run_quietly("collection", [BIN / "ansible-galaxy", "collection", "install", "--force", CHECKOUT])
    play("MariaDB, a primary and its replica", LAB / "mariadb.yml")
    play("site.yml", CHECKOUT / "playbooks" / "site.yml")
    nodes = [host for host in made if host.flavour == "base"]
    good = view.show(nodes, GROUPS["proxysql_core"], str(subnet[100]), str(chosen))
    if good:
        line(f"demo: stands after {time.monotonic() - began:.0f} s")
    return 0 if good else 1


def kill() -> int:
    """Kills the core that holds the VIP as if its power failed, and shows what a client sees of it."""
    standing = {host.name: host for host in hosts.standing(NAME) if host.state == "running"}
    cores = [standing[name] for name in GROUPS["proxysql_core"] if name in standing]
    if len(cores) < 2:
        lab = os.path.relpath(LAB / "lab", Path.cwd())
        dead = [name for name in GROUPS["proxysql_core"] if name not in standing]
        raise Refused(
            f"{' and '.join(dead)} of the demo does not run. Start it: {lab} start {NAME} {dead[0]}"
            if cores
            else "the demo does not stand; make demo"
        )
    return view.failover(cores, str(network.free(NAME)[100]))


def down() -> int:
    hosts.down(NAME)
    shutil.rmtree(HERE, ignore_errors=True)
    return 0


def write_inventory(made: list[hosts.Host], chosen: package.Package) -> None:
    INVENTORY.mkdir(parents=True, exist_ok=True)
    (INVENTORY / "hosts.yml").write_text(inventory.text(made, GROUPS), encoding="utf-8")
    (INVENTORY / "package.yml").write_text(package.inventory(chosen), encoding="utf-8")
    link = INVENTORY / "group_vars"
    link.unlink(missing_ok=True)
    link.symlink_to(GROUP_VARS)


def play(what: str, playbook: Path) -> None:
    """Run a playbook; its output goes to a file, the tasks pass by on a terminal."""
    began = time.monotonic()
    line(f"{what} ...")
    output = run_quietly(playbook.stem, [BIN / "ansible-playbook", "-i", INVENTORY, playbook])
    recap = re.findall(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)", output, re.MULTILINE)
    tasks = ", ".join(f"{host} {ok} tasks, {changed} changed" for host, ok, changed in recap)
    done(what, began, f" ({tasks})")


def run_quietly(name: str, command: list[str | Path]) -> str:
    log = HERE / f"{name}.log"
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "ANSIBLE_HOME": str(CHECKOUT / ".ansible"),
        "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }
    kept = []
    with (
        log.open("w", encoding="utf-8") as copy,
        subprocess.Popen(
            [str(part) for part in command],
            cwd=CHECKOUT,
            env=environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        for row in process.stdout or []:
            copy.write(row)
            kept.append(row)
            task = re.match(r"TASK \[(.*)\]", row)
            if task:
                progress(task.group(1))
    progress("")
    if process.returncode:
        raise Refused(
            f"{name} failed with code {process.returncode}; its last lines (all of it: {log}):\n"
            + "".join(kept[-30:])
        )
    return "".join(kept)


def main() -> int:
    os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
    commands = {"up": up, "kill": kill, "down": down}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        print("usage: demo up|kill|down", file=sys.stderr)
        return 2
    try:
        machine.check()
        return commands[sys.argv[1]]()
    except Refused as error:
        refuse(error)
        return 1
    except KeyboardInterrupt:
        return 130
