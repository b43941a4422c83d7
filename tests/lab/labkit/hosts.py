"""Making, finding and removing hosts. What stands is read from podman's labels."""

from __future__ import annotations

import ipaddress
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import image, machine, network
from .machine import KEY, LABEL, PREFIX
from .podman import command, environment, podman, podman_json
from .say import Refused, line, step, warn

# What systemd, sshd, keepalived and a package's own units need; no more.
CAPABILITIES = "NET_ADMIN,NET_RAW,NET_BROADCAST,SYS_ADMIN,AUDIT_WRITE,SYS_NICE,SYS_PTRACE"
USER = "ansible"
SSH_OPTIONS = (
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "UserKnownHostsFile=/dev/null",
    "-o",
    "LogLevel=ERROR",
    "-o",
    "IdentitiesOnly=yes",
    "-o",
    "ConnectTimeout=10",
)


@dataclass(frozen=True)
class Host:
    lab: str
    name: str
    address: str
    flavour: str = "base"
    state: str = "running"
    pid: int = 0

    @property
    def container(self) -> str:
        return f"{PREFIX}-{self.lab}-{self.name}"


def check_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
        raise Refused(f"{name!r} is no name for a lab or a host: small letters, digits and - only")
    return name


def plan(lab: str, subnet: str, wanted: list[str], layers: dict[str, set[str]]) -> list[Host]:
    """HOST or HOST:ADDRESS, checked; addresses not given follow from .11 on. layers: the hosts of each."""
    try:
        net = ipaddress.IPv4Network(subnet)
    except ValueError as error:
        raise Refused(f"--subnet: {error}") from None
    if net.prefixlen > 26:
        raise Refused(f"--subnet {net}: too small; /24 is good")
    check_name(lab)
    result: list[Host] = []
    for number, text in enumerate(wanted):
        name, _, given = text.partition(":")
        check_name(name)
        try:
            address = ipaddress.IPv4Address(given) if given else net[11 + number]
        except ValueError as error:
            raise Refused(f"{text}: {error}") from None
        if address not in net or address in (net[0], net[1], net[-1]):
            raise Refused(f"{text}: the address is not a free one of {net}")
        result.append(Host(lab, name, str(address), image.flavour_of(name, layers)))
    for what, values in (("name", [h.name for h in result]), ("address", [h.address for h in result])):
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise Refused(f"two hosts with the same {what}: {', '.join(twice)}")
    for layer, names in layers.items():
        unknown = names - {host.name for host in result}
        if unknown:
            raise Refused(f"--{layer} names hosts that are not made: {', '.join(sorted(unknown))}")
    return result


def standing(lab: str | None = None) -> list[Host]:
    label = f"{LABEL}={lab}" if lab else LABEL
    result = []
    for item in podman_json("ps", "--all", "--filter", f"label={label}", "--format", "json") or []:
        labels = item["Labels"]
        result.append(
            Host(
                labels[LABEL],
                labels[f"{LABEL}.host"],
                labels[f"{LABEL}.address"],
                labels[f"{LABEL}.flavour"],
                _state(item),
                item["Pid"],
            )
        )
    return sorted(result, key=lambda host: (host.lab, ipaddress.ip_address(host.address)))


def _state(item: dict[str, Any]) -> str:
    """What podman says, or "lost": killed together with what would have told podman."""
    lost = item["State"] in ("running", "stopping") and not Path(f"/proc/{item['Pid']}/ns/net").exists()
    return "lost" if lost else str(item["State"])


def find(lab: str, name: str) -> Host:
    known = standing(lab)
    for host in known:
        if host.name == name:
            return host
    names = ", ".join(host.name for host in known) or "none"
    raise Refused(f"lab {lab} has no host {name}; it has: {names}")


def up(hosts: list[Host], subnet: str) -> None:
    """Bring the hosts up; those that stand already are left as they are, lost ones made anew."""
    lab = hosts[0].lab
    image.ensure({host.flavour for host in hosts})
    with step(f"lab {lab}: {', '.join(host.name for host in hosts)} on {subnet}"):
        lost = [host.container for host in standing(lab) if host.state == "lost"]
        if lost:
            _remove(lost)
        network.create(lab, ipaddress.IPv4Network(subnet))
        there = {host.name: host for host in standing(lab)}
        machine.check_inotify(sum(host.name not in there for host in hosts))
        for host in hosts:
            old = there.get(host.name)
            if old and (old.address, old.flavour) != (host.address, host.flavour):
                raise Refused(
                    f"{host.name} stands at {old.address} ({old.flavour}), asked for "
                    f"{host.address} ({host.flavour}); remove it first: lab down {lab}"
                )
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda host: _start(host, there.get(host.name)), hosts))
        network.pin(lab)
        with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
            list(pool.map(wait_ready, hosts))


def _start(host: Host, old: Host | None) -> None:
    if old:
        if old.state != "running":
            podman("start", host.container)
        return
    podman(
        "run",
        "--detach",
        "--name",
        host.container,
        "--hostname",
        host.name,
        "--label",
        f"{LABEL}={host.lab}",
        "--label",
        f"{LABEL}.host={host.name}",
        "--label",
        f"{LABEL}.address={host.address}",
        "--label",
        f"{LABEL}.flavour={host.flavour}",
        "--systemd=always",
        f"--cap-add={CAPABILITIES}",
        "--network",
        network.name(host.lab),
        "--ip",
        host.address,
        "--network-alias",
        host.name,
        image.name(host.flavour),
    )


def ssh_command(host: Host, *remote: str) -> list[str]:
    return ["ssh", "-i", str(KEY), *SSH_OPTIONS, f"{USER}@{host.address}", *remote]


def wait_ready(host: Host, seconds: float = 90) -> None:
    """Until one can log in and systemd has come to rest."""
    deadline = time.monotonic() + seconds
    state = "no answer"
    while time.monotonic() < deadline:
        done = subprocess.run(
            ssh_command(host, "systemctl", "is-system-running"), capture_output=True, text=True, check=False
        )
        state = (
            done.stdout.strip() or done.stderr.strip().splitlines()[-1:][0]
            if done.stdout or done.stderr
            else state
        )
        if state == "running":
            return
        if state == "degraded":
            failed = run(host, "systemctl --failed --no-legend --plain | cut -d' ' -f1").split()
            warn(f"{host.name}: failed units: {', '.join(failed)}")
            return
        time.sleep(0.15)
    raise Refused(
        f"{host.name} ({host.address}) is not ready after {seconds:.0f} s: {state}. "
        f"Look inside: tests/lab/lab exec {host.lab} {host.name} journalctl -b"
    )


def run(host: Host, shell: str, check: bool = True) -> str:
    """A shell command as root inside the host, by podman (works when its network does not)."""
    return podman("exec", host.container, "sh", "-c", shell, check=check)


def attach(host: Host, arguments: list[str], interactive: bool) -> int:
    flags = ["--interactive", "--tty"] if interactive else ["--interactive"]
    return subprocess.run(
        command("exec", *flags, host.container, *arguments), env=environment(), check=False
    ).returncode


def kill(host: Host) -> None:
    """As if its power failed."""
    podman("kill", "--signal", "KILL", host.container)


def start(host: Host) -> None:
    podman("start", host.container)
    wait_ready(host)


def _remove(containers: list[str]) -> None:
    command = ("rm", "--force", "--time", "0", "--volumes", *containers)
    try:
        podman(*command)
    except Refused:
        # a lost one ends for podman only when it is told to
        podman(*command)


def remove(host: Host) -> None:
    podman("rm", "--force", "--time", "0", "--volumes", host.container)


def down(lab: str) -> None:
    hosts = standing(lab)
    if hosts:
        with step(f"lab {lab}: removing {', '.join(host.name for host in hosts)}"):
            _remove([host.container for host in hosts])
            network.remove(lab)
    else:
        network.remove(lab)
        line(f"lab {lab}: nothing stands")
