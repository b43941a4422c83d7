"""What a user of the host without root's rights, a full disk or a sudden death can do to the VIP's
plumbing: nothing that stops or delays a ProxySQL, and no number that says "up" when it is not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import vip_host
from vip_host import Host

NOBODY = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="plays another user, and mounts: needs root")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return vip_host.rendered(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def host(texts: dict[str, str]) -> Iterator[Host]:
    """In a folder that anybody can enter, as /run is."""
    room = Path(tempfile.mkdtemp(prefix="mysqlha-vip-"))
    room.chmod(0o755)
    try:
        yield Host(room, texts)
    finally:
        shutil.rmtree(room)


@as_root
def test_nobody_can_write_or_hold_anything_that_is_waited_for(host: Host) -> None:
    host.state("up")
    host.state("prefer", "0", "x", "--check")
    host.notify("proxysql", "MASTER")
    locks = {host.run_dir / "lock/lock", host.run_dir / "keepalived/.lock"}
    found = [*host.run_dir.rglob("*"), *host.lasting.rglob("*")]
    assert locks <= set(found)
    for path in found:
        if host.run_dir / "watch" in (path, path.parent) or path == host.run_dir / "keepalived":
            continue  # they belong to another user, and no lock is in them
        taken = subprocess.run([*NOBODY, "test", "-w", path], check=False).returncode
        assert taken != 0, f"{path} can be written by nobody"
        held = subprocess.run(
            [*NOBODY, "flock", "--nonblock", path, "true"], capture_output=True, check=False
        )
        assert held.returncode != 0 or path not in locks, f"{path} can be locked by nobody"


def test_a_lock_that_is_held_delays_for_two_seconds_at_most(host: Host) -> None:
    host.state("up")
    holder = subprocess.Popen(["flock", "--no-fork", host.run_dir / "lock/lock", "sleep", "30"])
    try:
        time.sleep(0.2)
        began = time.monotonic()
        host.state("down", "x")
        assert 1.5 < time.monotonic() - began < 10
        assert host.proxysql() == "-254"
    finally:
        holder.terminate()
        holder.wait()


def test_links_and_pipes_of_the_watchers_user(host: Host) -> None:
    """Root reads its folder: it waits for nobody there, and shows no file of others."""
    secret = host.room / "secret"
    secret.write_text("-5\n")
    folder = host.run_dir / "watch"
    for name in ("watch", "network", "backends"):
        (folder / name).unlink()
    (folder / "watch").symlink_to(secret)
    (folder / "watch.why").symlink_to(secret)
    os.mkfifo(folder / "network")
    os.mkfifo(folder / "network.why")
    (folder / "backends").write_bytes(b"\xff" * 5000)
    (folder / "backends.why").write_bytes(b'"\\\x00\x1b\xff\xc3\xa4' + b"x" * 5000)
    (host.run_dir / "keepalived/proxysql.state").symlink_to(secret)
    began = time.monotonic()
    shown = host.shown()
    assert time.monotonic() - began < 10
    assert shown["files"]["watch"] == {"value": 0, "why": ""}
    assert shown["files"]["network"] == {"value": 0, "why": ""}
    assert shown["files"]["backends"]["value"] == 0
    assert shown["files"]["backends"]["why"].startswith('"\\ä' + "x" * 100)
    assert shown["instances"]["proxysql"] == ""


@pytest.mark.parametrize("number", ["", "x", "08", "1" * 30, "--5", "5-"])
def test_what_is_no_number_is_shown_as_none(host: Host, number: str) -> None:
    (host.run_dir / "watch/watch").write_text(number)
    assert host.shown()["files"]["watch"]["value"] == 0


@as_root
@pytest.mark.parametrize("option", ["size=32k", "size=1m,nr_inodes=14"])
def test_a_full_run(host: Host, option: str) -> None:
    """No room for another file, or for its content: the number gets where it belongs all the same."""
    run = host.run_dir
    story = f"""
        set -eu
        export PATH={host.room}/bin:$PATH ROOM={host.room}
        cp -a {run} {run}.kept
        mount -t tmpfs -o {option},mode=755 tmpfs {run}
        cp -a {run}.kept/. {run}/
        {host.room}/proxysql-state up
        n=0; while true 2>/dev/null >{run}/keepalived/filler$n; do n=$((n + 1)); [ $n -lt 50 ] || break; done
        dd if=/dev/zero of={run}/keepalived/filler0 bs=1k 2>/dev/null || :
        ! {{ echo new >{run}/new && cat {run}/new | grep -q new; }} 2>/dev/null
        for what in down up down; do
            {host.room}/proxysql-state $what 2>/dev/null
            head -n 1 {run}/proxysql
        done
    """
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", story]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if "mount" in done.stderr and "permission denied" in done.stderr.lower():
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    assert done.stdout.split() == ["-254", "0", "-254"], done.stderr


KILLED = """
    set -T
    count=0
    trap '[ $BASHPID != $$ ] || [ $((count += 1)) != {number} ] || kill -9 $$' DEBUG
    . {script} "$@"
"""


def test_killed_halfway(host: Host) -> None:
    """Before each of its commands in turn. What keepalived reads is whole all the time."""
    number, done = 0, -9
    while done == -9:
        number += 1
        host.state("up")
        text = KILLED.format(number=number, script=host.room / "proxysql-state")
        (host.room / "killed").write_text(f"#!/bin/bash\n{text}")
        (host.room / "killed").chmod(0o755)
        done = host.call("killed", "down", "x").returncode
        assert (host.run_dir / "proxysql").read_text() in ("0\n", "-254\n"), number
        assert host.shown()["files"]["proxysql"]["why"] in ("ProxySQL is up", "x")
    assert done == 0 and number > 15
    host.state("down", "y")
    assert host.shown()["files"]["proxysql"] == {"value": -254, "why": "y"}
    assert not list(host.run_dir.glob("*.new"))


HOOK = re.compile(r"-\+/usr/bin/timeout --kill-after=(\S+) (\d+) /etc/keepalived/proxysql-state ")


@pytest.mark.parametrize("unit", ["proxysql-unit.conf", "keepalived-unit.conf"])
def test_a_hook_can_neither_fail_nor_hang_its_unit(texts: dict[str, str], unit: str) -> None:
    hooks = [
        line.partition("=")
        for line in texts[unit].splitlines()
        if re.match(r"Exec\w+=.*proxysql-state", line)
    ]
    assert len(hooks) >= 2
    for name, _mark, command in hooks:
        match = HOOK.match(command)
        assert match, f"{name}={command}"
        # TimeoutStopSec of proxysql.service is 5
        assert "Stop" not in name or float(match.group(1)) + int(match.group(2)) < 5
