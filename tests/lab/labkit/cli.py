"""The command line of the lab."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from . import hosts, image, inventory, machine, network, package, podman
from .say import Refused, line, refuse, warn

EPILOG = """\
examples:
  lab up --name try --mariadb db1 core1 core2 db1
  lab up --name try --subnet 10.91.20.0/24 core1 core2:10.91.20.50
  lab inventory try --group proxysql_core=core1,core2 > hosts.yml
  lab exec try core1 journalctl -b
  lab cut try core1; lab heal try core1
  lab down try
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="lab",
        description="Test hosts on this machine: real systemd, sshd and apt, on a network of their own.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    add("check", "Can hosts be made on this machine?")
    build = add("image", "Build the images of the hosts, unless they stand.")
    build.add_argument("--rebuild", action="store_true", help="build anew, with today's packages")
    up = add("up", "Make hosts; those that stand are left as they are.")
    up.add_argument("--name", required=True, help="name of the lab")
    up.add_argument("--subnet", help="its network, as 10.91.20.0/24; else the first free one")
    for layer, what in (
        ("mariadb", "MariaDB"),
        ("mysql", "MySQL of Debian sid (on a day when sid is broken a warning, and none)"),
        ("postgresql", "PostgreSQL"),
    ):
        up.add_argument(f"--{layer}", default="", metavar="HOST,...", help=f"hosts with {what}")
    up.add_argument("hosts", nargs="+", metavar="HOST[:ADDRESS]")
    down = add("down", "Remove a lab: its hosts and its network.")
    which = down.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?", help="name of the lab")
    which.add_argument("--all", action="store_true", help="every lab of this checkout")
    add("list", "What stands.")
    net = add("net", "The network a lab stands on, or would get now: its first three numbers.")
    net.add_argument("name")
    inv = add("inventory", "An Ansible inventory of a lab.")
    inv.add_argument("name")
    inv.add_argument("--group", action="append", default=[], metavar="GROUP=HOST,...")
    pack = add("package", "Which ProxySQL the hosts get; builds the emulator's package if that is the one.")
    pack.add_argument(
        "--inventory", metavar="FILE", help="write the choice as an inventory source for the role"
    )
    for name, text in (
        ("exec", "Run a command as root in a host (works when its network does not)."),
        ("ssh", "Log in by ssh, as Ansible does."),
        ("cut", "Cut a host off the network; inside the host nothing changes."),
        ("heal", "Join a host that was cut off."),
        ("kill", "Kill a host, as if its power failed."),
        ("start", "Start a host that was killed, and wait until it is ready."),
        ("remove", "Remove a host; `up` makes a new one in its place."),
    ):
        one = add(name, text)
        one.add_argument("name", help="name of the lab")
        one.add_argument("host")
        if name in ("exec", "ssh"):
            one.add_argument("arguments", nargs=argparse.REMAINDER, metavar="COMMAND")
    add("clean", "Remove every lab, image and cache of this checkout.")
    return top


def show_list() -> None:
    for host in hosts.standing():
        state = host.state
        if state == "running" and network.is_cut(host.pid):
            state = "cut off"
        print(f"{host.lab:<12} {host.name:<12} {host.address:<15} {host.flavour:<14} {state}")


def bring_up(given: argparse.Namespace) -> None:
    names = [text.partition(":")[0] for text in given.hosts]
    layers = {layer: set(getattr(given, layer).split(",")) - {""} for layer in image.LAYERS}
    if layers["mysql"] and (why := image.why_no_mysql({image.flavour_of(host, layers) for host in names})):
        warn(f"no MySQL on {', '.join(sorted(layers['mysql']))}: {why}")
        layers["mysql"] = set()
    image.ensure({"base", *(image.flavour_of(host, layers) for host in names)})
    with network.turn():
        subnet = given.subnet or str(network.free(given.name))
        hosts.up(hosts.plan(given.name, subnet, given.hosts, layers), subnet)


def on_host(command: str, host: hosts.Host, arguments: list[str]) -> int:
    if command == "exec":
        return hosts.attach(host, arguments or ["bash"], sys.stdin.isatty() and sys.stdout.isatty())
    if command == "ssh":
        os.execvp("ssh", hosts.ssh_command(host, *arguments))
    if command == "kill":
        hosts.kill(host)
    elif command == "start":
        hosts.start(host)
    elif command == "remove":
        hosts.remove(host)
    elif host.state != "running":
        raise Refused(f"{host.name} does not run ({host.state})")
    elif command == "cut":
        network.cut(host.lab, host.pid)
    elif command == "heal":
        network.heal(host.lab, host.pid)
    return 0


def dispatch(given: argparse.Namespace) -> int:
    if given.command == "image":
        image.ensure(rebuild=given.rebuild)
    elif given.command == "up":
        bring_up(given)
    elif given.command == "down":
        for lab in sorted({host.lab for host in hosts.standing()}) if given.all else [given.name]:
            hosts.down(lab)
    elif given.command == "list":
        show_list()
    elif given.command == "net":
        print(str(network.free(given.name)).rpartition(".")[0])
    elif given.command == "inventory":
        found = hosts.standing(given.name)
        if not found:
            raise Refused(f"no lab {given.name} stands")
        print(inventory.text(found, inventory.parse_groups(given.group)), end="")
    elif given.command == "package":
        chosen = package.choose()
        print(chosen)
        if given.inventory:
            Path(given.inventory).write_text(package.inventory(chosen), encoding="utf-8")
    elif given.command == "clean":
        for lab in sorted({host.lab for host in hosts.standing()}):
            hosts.down(lab)
        podman.forget()
        line("lab: images and caches removed")
    elif given.command != "check":
        return on_host(given.command, hosts.find(given.name, given.host), getattr(given, "arguments", []))
    return 0


def main() -> int:
    # root's PATH may lack the folders where ip and iptables live
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    try:
        given = parser().parse_args()
        machine.check()
        return dispatch(given)
    except Refused as error:
        refuse(error)
        return 1
    except KeyboardInterrupt:
        return 130
