"""podman as the lab uses it: own configuration, own storage, own mount namespace.

Nothing is shared with the podman of the machine's user: images, containers,
networks and locks lie in the checkout's .cache and in the lab's folder under /run.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import machine
from .machine import CACHE, RUN, call
from .say import Refused

STORAGE = CACHE / "storage"
NETWORKS = CACHE / "networks"
CONF = CACHE / "containers.conf"
NAMESPACE = RUN / "mount-namespace"

CONF_TEXT = """\
[containers]
default_ulimits = {ulimits}
pids_limit = 0
log_driver = "k8s-file"

[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
# The default, one shared memory segment for all of root's podmans, would be shared
# with the machine's user.
lock_type = "file"
image_copy_tmp_dir = "{images}"

[network]
network_backend = "netavark"
network_config_dir = "{networks}"
"""


@contextmanager
def locked(what: str) -> Iterator[None]:
    """One at a time over all processes of this checkout."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{what}.lock", "w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def podman(*arguments: str | Path, check: bool = True, timeout: float | None = 300, **options: Any) -> str:
    return call(*command(*arguments), check=check, timeout=timeout, env=environment(), **options)


def podman_json(*arguments: str | Path) -> Any:
    return json.loads(podman(*arguments) or "null")


def command(*arguments: str | Path) -> list[str]:
    prepare()
    driver = "vfs" if _on_overlay() else "overlay"
    base: list[str | Path] = [
        "podman",
        "--root",
        STORAGE,
        "--runroot",
        RUN / "storage",
        "--tmpdir",
        RUN / "tmp",
    ]
    if not machine.pure_cgroup2():
        base = ["nsenter", f"--mount={NAMESPACE}", "--", *base]
    return [str(part) for part in [*base, "--storage-driver", driver, *arguments]]


def environment() -> dict[str, str]:
    return {**os.environ, "CONTAINERS_CONF": str(CONF)}


def prepare() -> None:
    """Folders, containers.conf and the mount namespace; quick when all is there."""
    if NAMESPACE.exists() and CONF.exists() and _namespace_alive():
        return
    with locked("prepare"):
        for folder in (STORAGE, NETWORKS, CACHE / "image", RUN):
            folder.mkdir(parents=True, exist_ok=True)
        CONF.write_text(
            CONF_TEXT.format(ulimits=json.dumps(machine.limits()), networks=NETWORKS, images=CACHE / "image"),
            encoding="utf-8",
        )
        if not machine.pure_cgroup2() and not _namespace_alive():
            _make_namespace()


def _make_namespace() -> None:
    """A mount namespace, kept under /run, whose /sys/fs/cgroup is cgroup2 alone.

    On a machine with mixed cgroup versions the hosts' systemd and crun disagree
    about which to use. The machine's own mounts stay as they are.
    """
    # None is kept, so the machine was started anew; where /run outlives that, podman
    # must not take its notes of then for true.
    call("rm", "-rf", RUN / "tmp", RUN / "storage")
    if not _mounted(RUN):
        call("mount", "--bind", RUN, RUN)
        # a namespace can only be kept on a mount that is not shared
        call("mount", "--make-private", RUN)
    NAMESPACE.touch()
    inside = f"mount --make-rprivate /sys && mount -t cgroup2 cgroup2 {machine.CGROUP}"
    call("unshare", f"--mount={NAMESPACE}", "--propagation", "slave", "sh", "-c", inside)
    if not _namespace_alive():
        raise Refused("could not make a mount namespace with cgroup version 2 for the test hosts")


def _namespace_alive() -> bool:
    if machine.pure_cgroup2():
        return NAMESPACE.parent.exists()
    # a namespace file that is not mounted is an empty plain file
    return NAMESPACE.exists() and os.stat(NAMESPACE).st_dev != os.stat(RUN).st_dev


def _on_overlay() -> bool:
    """overlay does not stack on overlay: a checkout inside a container needs vfs."""
    return call("stat", "-f", "-c", "%T", CACHE).strip() == "overlayfs"


def _mounted(path: Path) -> bool:
    """Is this a mount point? os.path.ismount does not see a folder bound to itself."""
    rows = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    return str(path) in {row.split()[4] for row in rows}


def forget() -> None:
    """Remove every trace: storage, namespace, folders. The caller removed the hosts."""
    podman("rm", "--all", "--force", "--time", "0")
    podman("rmi", "--all", "--force")
    for path in (NAMESPACE, STORAGE / "overlay", RUN):
        if _mounted(path):
            call("umount", path)
    call("rm", "-rf", RUN, CACHE)
