"""The machine the lab runs on: where its files lie, and whether hosts can be made here."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
from pathlib import Path

from .say import Refused

CHECKOUT = Path(__file__).resolve().parents[3]
LAB = CHECKOUT / "tests" / "lab"
CACHE = CHECKOUT / ".cache" / "lab"
# Sockets and mounts live in /run: paths there are short and a reboot clears them.
# Each checkout has its own folder, so that two checkouts never share podman's state.
RUN = Path("/run") / ("mysqlha-lab-" + hashlib.sha256(str(CACHE).encode()).hexdigest()[:8])
KEY = CACHE / "ssh" / "id_ed25519"
CGROUP = Path("/sys/fs/cgroup")

PREFIX = "mysqlha"
LABEL = "mysqlha.lab"

# program -> Debian package
NEEDED = {
    "podman": "podman",
    "runc": "runc",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "iptables": "iptables",
}

# systemd 5, its login service, dbus and keepalived one each
INOTIFY_PER_HOST = 8

INSTEAD = "What runs without hosts: make lint, make unit, make conformance."


def check() -> None:
    """Refuse at once, with a plain reason, where no hosts can be made."""
    if platform.system() != "Linux":
        raise Refused(f"test hosts need Linux, and this is {platform.system()}. {INSTEAD}")
    if os.geteuid() != 0:
        _become_root()
        raise Refused(f"test hosts need root (systemd hosts with their own network). {INSTEAD}")
    if not shutil.which("apt-get"):
        raise Refused(f"test hosts are made from Debian packages, and this machine has no apt. {INSTEAD}")
    missing = sorted({package for program, package in NEEDED.items() if not which(program)})
    if missing:
        raise Refused(
            "programs are missing; install them with: apt-get install --no-install-recommends "
            + " ".join(missing)
        )


def _become_root() -> None:
    """Start over through sudo, where there is one that lets us; else return."""
    if shutil.which("sudo") and subprocess.run(["sudo", "--validate"], check=False).returncode == 0:
        keep = "--preserve-env=PATH,NO_COLOR,PROXYSQL_DEB,LAB_SUITE,SSL_CERT_FILE,PIP_CERT"
        os.execvp("sudo", ["sudo", keep, sys.executable, *sys.argv])


def hand_over(path: Path) -> None:
    """What the person who called sudo must be able to read, as the ssh key."""
    if "SUDO_UID" in os.environ:
        os.chown(path, int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"]))


def which(program: str) -> str | None:
    # root's PATH may lack the sbin folders where ip and iptables live
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin")


def call(*command: str | Path, check: bool = True, timeout: float | None = 300, **options: object) -> str:
    """Run a program and return what it printed; a failure shows its own words."""
    text = [str(part) for part in command]
    try:
        done = subprocess.run(  # type: ignore[call-overload]
            text, check=False, capture_output=True, text=True, timeout=timeout, **options
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"no answer within {timeout:.0f} s from: {' '.join(text)}") from None
    if check and done.returncode != 0:
        raise Refused(f"exit code {done.returncode} from: {' '.join(text)}\n{done.stderr.strip()[-4000:]}")
    return str(done.stdout)


def has_capability(bit: int) -> bool:
    for row in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if row.startswith("CapEff:"):
            return bool(int(row.split()[1], 16) >> bit & 1)
    return False


def limits() -> list[str]:
    """Limits for the hosts that the kernel lets us set.

    Without CAP_SYS_RESOURCE (bit 24) a limit cannot be raised above ours, and
    podman's own defaults would fail every start.
    """
    wanted = {"nofile": (resource.RLIMIT_NOFILE, 1048576), "nproc": (resource.RLIMIT_NPROC, 32768)}
    result = []
    for name, (number, value) in wanted.items():
        hard = resource.getrlimit(number)[1]
        if hard != resource.RLIM_INFINITY and not has_capability(24):
            value = min(value, hard)
        result.append(f"{name}={value}:{value}")
    return result


def check_inotify(hosts: int) -> None:
    """Refuse where systemd would not start: it and its kind take some inotify instances a host,
    and without them it stops in silence."""
    wanted, taken = hosts * INOTIFY_PER_HOST, []
    libc = ctypes.CDLL(None)
    try:
        for _number in range(wanted):
            found = libc.inotify_init()
            if found < 0:
                break
            taken.append(found)
    finally:
        for found in taken:
            os.close(found)
    if len(taken) < wanted:
        raise Refused(
            f"{hosts} hosts need {wanted} inotify instances, and this machine has {len(taken)} left: "
            "remove other hosts (tests/lab/lab list, in every checkout), or raise the limit: "
            "sysctl fs.inotify.max_user_instances=1024"
        )


def pure_cgroup2() -> bool:
    return (CGROUP / "cgroup.controllers").exists()


def uplink_mtu() -> int:
    """The MTU towards the outside: larger packets from the hosts would be lost."""
    routes = json.loads(call("ip", "-j", "route", "show", "default") or "[]")
    links = json.loads(call("ip", "-j", "link", "show"))
    sizes = {link["ifname"]: int(link["mtu"]) for link in links}
    return min([sizes[route["dev"]] for route in routes if route.get("dev") in sizes] + [1500])
