"""The images of the hosts: built from the machine's own Debian sources.

`base` is made by mmdebstrap, its tarball kept in the cache under the hash of all that
went in. Databases are layers over it, one on another for a host that has several: its flavour is
then `mariadb-mysql`. The suite is the machine's own, or the one that LAB_SUITE names.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from . import machine
from .machine import CACHE, KEY, LAB, call
from .podman import locked, podman
from .say import Refused, line, step

RECIPE = LAB / "image"
TARBALLS = CACHE / "image"
# A smaller image: nobody reads manuals here.
DPKG = (
    "force-unsafe-io",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
)
# In the order in which one is put on another.
LAYERS = ("mariadb", "mysql", "postgresql")
# In a container systemd reads its kernel command line from its own arguments. Since 256 it starts
# on the cgroups that the machine may have, version 1, only when told to.
INIT = ["/lib/systemd/systemd", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"]
CERTIFICATES = Path("/usr/local/share/ca-certificates")


def name(flavour: str) -> str:
    return f"localhost/{machine.PREFIX}-lab/{suite()}-{flavour}:{recipe_key(flavour)}"


def flavour_of(host: str, layers: dict[str, set[str]]) -> str:
    """layers: the names of the hosts that have each."""
    return "-".join(layer for layer in LAYERS if host in layers.get(layer, ())) or "base"


def below(flavour: str) -> str:
    """What the last layer of a flavour lies on."""
    return flavour.rpartition("-")[0] or "base"


def ensure(flavours: Iterable[str] = ("base", "mariadb"), rebuild: bool = False) -> None:
    """Build the images unless they stand. Hosts that run on older ones are left alone."""
    flavours = set(flavours)
    with locked("image"):
        base = name("base")
        if rebuild:
            shutil.rmtree(TARBALLS, ignore_errors=True)
        elif all(map(_known, map(name, flavours))):
            return
        if rebuild or not _known(base):
            if not _tarball().exists():
                _build_base()
            with step("image base: importing"):
                podman(
                    "import",
                    "--quiet",
                    "--change",
                    f"CMD {json.dumps(INIT)}",
                    "--change",
                    "STOPSIGNAL SIGRTMIN+3",
                    _tarball(),
                    base,
                )
        for flavour in sorted(flavours - {"base"}):
            _build_layers(flavour)
        _drop_old()


def recipe_key(flavour: str) -> str:
    """Changes when anything that goes into the image changes."""
    digest = hashlib.sha256()
    files = []
    if flavour == "base":
        digest.update(
            f"{platform.machine()} {suite()} {DPKG} {INIT}\n{sources()}\n{_public_key()}\n".encode()
        )
        files = [RECIPE / "packages", RECIPE / "setup", *sorted(CERTIFICATES.glob("*.crt"))]
    else:
        digest.update(recipe_key(below(flavour)).encode())
        layer = flavour.rpartition("-")[2]
        files = [RECIPE / f"packages.{layer}", RECIPE / f"setup.{layer}"]
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def suite() -> str:
    """The Debian suite of the hosts."""
    return os.environ.get("LAB_SUITE") or own_suite()


def own_suite() -> str:
    for row in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        if row.startswith("VERSION_CODENAME="):
            return row.partition("=")[2].strip('"')
    raise Refused("/etc/os-release has no VERSION_CODENAME: which Debian suite is this?")


def sources() -> str:
    """The machine's own apt sources, for the suite of the hosts."""
    return re.sub(rf"\b{re.escape(own_suite())}(?=[-\s])", suite(), _own_sources())


def _own_sources() -> str:
    """Those of its suite; other vendors' are left out."""
    own = re.compile(rf"\b{re.escape(own_suite())}(-[a-z-]+)?\b")
    found: list[str] = []
    apt = Path("/etc/apt")
    for path in sorted(apt.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            rows = [row for row in stanza.splitlines() if row and not row.startswith("#")]
            fields = dict(row.split(":", 1) for row in rows if ":" in row and not row.startswith(" "))
            if own.search(fields.get("Suites", "")) and "Debian" in _keyring_vendor(
                fields.get("Signed-By", "debian")
            ):
                found.append("\n".join(rows) + "\n")
    if found:
        return "\n".join(found)
    for path in [apt / "sources.list", *sorted(apt.glob("sources.list.d/*.list"))]:
        if path.exists():
            rows = [row.strip() for row in path.read_text(encoding="utf-8").splitlines()]
            found += [row for row in rows if re.match(rf"deb\s+(\[.*\]\s+)?\S+\s+{own.pattern}\s", row)]
    if not found:
        raise Refused(f"no apt source for {own_suite()} in /etc/apt")
    return "\n".join(found) + "\n"


def _keyring_vendor(signed_by: str) -> str:
    return "Debian" if re.search("debian|ubuntu", signed_by) else signed_by


def _packages(file: str) -> list[str]:
    rows = (RECIPE / file).read_text(encoding="utf-8").splitlines()
    return [row.strip() for row in rows if row.strip() and not row.startswith("#")]


def _public_key() -> str:
    if not KEY.exists():
        KEY.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "mysqlha test lab", "-f", KEY)
        for path in (KEY.parent, KEY, KEY.with_suffix(".pub")):
            machine.hand_over(path)
    return KEY.with_suffix(".pub").read_text(encoding="ascii").strip()


def _tarball() -> Path:
    return TARBALLS / f"{suite()}-{recipe_key('base')}.tar"


def _known(tag: str) -> bool:
    return bool(podman("images", "--quiet", tag).strip())


def _build_base() -> None:
    where = TARBALLS / "unpacked"
    where.mkdir(parents=True, exist_ok=True)
    listed = TARBALLS / "sources"
    listed.write_text(sources(), encoding="utf-8")
    tarball, unfinished = _tarball(), TARBALLS / "unfinished.tar"
    build = [
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=minbase",
        '--aptopt=Acquire::Languages "none"',
        *[f"--dpkgopt={option}" for option in DPKG],
        f"--include={','.join(_packages('packages'))}",
        f'--customize-hook={RECIPE}/setup "$1"',
        suite(),
        str(unfinished),
        str(listed),
    ]
    # unpacked in memory where there is enough: three times quicker than on a disk
    inside = 'mount -t tmpfs -o mode=0755 tmpfs "$0" && TMPDIR="$0" exec "$@"'
    if _memory_available() < 3 * 2**30:
        inside = 'TMPDIR="$0" exec "$@"'
    line(f"image base: the minimal Debian {suite()} and {', '.join(_packages('packages'))}")
    with step("image base: building, the first time only"):
        call(
            "unshare",
            "--mount",
            "--propagation",
            "slave",
            "sh",
            "-c",
            inside,
            where,
            *build,
            timeout=1800,
            env={**os.environ, "LAB_PUBLIC_KEY": _public_key(), "DEBIAN_FRONTEND": "noninteractive"},
        )
        unfinished.rename(tarball)


def _build_layers(flavour: str) -> None:
    """Layers over base, each made in a container without systemd."""
    if flavour == "base" or _known(name(flavour)):
        return
    _build_layers(below(flavour))
    layer = flavour.rpartition("-")[2]
    packages = _packages(f"packages.{layer}")
    worker = f"{machine.PREFIX}-image-{layer}"
    volumes = ["--volume", f"{RECIPE}:/recipe:ro"]
    if layer == "mysql":
        volumes += ["--volume", f"{_mysql()}:/mysql:ro"]
    with step(f"image {flavour}: adding {' '.join(packages) or layer}, the first time only"):
        podman("rm", "--force", "--time", "0", "--ignore", worker)
        try:
            podman(
                "run",
                "--name",
                worker,
                "--systemd=false",
                *volumes,
                name(below(flavour)),
                f"/recipe/setup.{layer}",
                *packages,
                timeout=900,
            )
            podman("commit", "--quiet", "--change", f"CMD {json.dumps(INIT)}", worker, name(flavour))
        finally:
            podman("rm", "--force", "--time", "0", "--ignore", worker)


def why_no_mysql(flavours: Iterable[str]) -> str:
    """No release of Debian has MySQL, and sid is broken on some days: why it cannot be had now."""
    try:
        if not all(map(_known, map(name, flavours))):
            _mysql()
    except Refused as error:
        return str(error)
    return ""


def _mysql() -> Path:
    """Where MySQL lies unpacked on this machine, with the libraries that it needs."""
    call(machine.CHECKOUT / "tests" / "tools" / "mysqld", timeout=900)
    return machine.CHECKOUT / ".cache" / "mysql" / "root"


def _memory_available() -> int:
    for row in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if row.startswith("MemAvailable:"):
            return int(row.split()[1]) * 1024
    return 0


def _drop_old() -> None:
    """The suite's former tarballs and images; an image a host still runs on is kept by podman."""
    for path in TARBALLS.glob(f"{suite()}-*.tar"):
        if path != _tarball():
            path.unlink()
    for tag in podman("images", "--format", "{{.Repository}}:{{.Tag}}").split():
        found = re.search(rf"/{machine.PREFIX}-lab/{suite()}-([a-z-]+):", tag)
        if found and {*found[1].split("-")} <= {"base", *LAYERS} and tag != name(found[1]):
            podman("rmi", tag, check=False)
    podman("image", "prune", "--force", check=False)
