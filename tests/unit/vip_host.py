"""A host of keepalived's role in a folder: the role's scripts, as Ansible renders them, and stand-ins
for the programs that they ask of the system."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.watcher import tracked

ROLE = Path(__file__).resolve().parents[2] / "roles/keepalived"
SCRIPTS = ("proxysql-state", "proxysql-notify")
ROOM = "@ROOM@"  # stands for the folder until a test has one

# What the scripts ask of the system. $ROOM is the host's folder.
STAND_INS = {
    "systemctl": 'cat "$ROOM/systemd" 2>/dev/null',
    "systemd-tmpfiles": 'mkdir -p "$ROOM/run/lock" "$ROOM/run/watch" "$ROOM/run/keepalived"',
    "ip": '! grep -qx "$5" "$ROOM/addresses" 2>/dev/null || echo "2: eth0 inet $5"',
    "logger": 'shift 4; echo "$*" >>"$ROOM/journal"',
    "setpriv": 'shift 5; echo "$*" >>"$ROOM/as-user"; exec "$@"',
}


def role_defaults() -> dict[str, Any]:
    """The role's defaults, named as the plan of the site names them."""
    found = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
    return {name.partition("_")[2]: value for name, value in found.items()}


def rendered(folder: Path, options: Mapping[str, Any] | None = None, **variables: Any) -> dict[str, str]:
    """The role's templates, by name, as Ansible makes them of its defaults, these options and variables."""
    given = {
        "ansible_python_interpreter": sys.executable,
        "__keepalived_state_dir": f"{ROOM}/run",
        "__keepalived_preference_dir": f"{ROOM}/lasting",
        "__keepalived_user": "daemon",
        "__keepalived_instances": [instance("proxysql", "192.0.2.100"), instance("second", "192.0.2.101")],
        "__keepalived_addresses": ["192.0.2.100", "192.0.2.101"],
        "__keepalived_derived": {"restart_sec": 1.4, "setback": -56, "step": 6},
        "__keepalived_plan": {"groups": []},
        "__keepalived_site": {"core_addresses": ["192.0.2.11", "o'neill"]},
        "__keepalived_tracked": tracked(
            {**role_defaults(), "backends": [10], **(options or {})},
            f"{ROOM}/run",
            f"{ROOM}/lasting",
            "daemon",
        ),
        "__keepalived_set": {**role_defaults(), "backends": [10], **(options or {})},
        **variables,
    }
    names = sorted(path.stem for path in (ROLE / "templates").glob("*.j2"))
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(ROLE / "defaults/main.yml"), str(ROLE / "vars/main.yml")],
        "tasks": [
            {
                "ansible.builtin.template": {
                    "src": f"{ROLE}/templates/{{{{ item }}}}.j2",
                    "dest": f"{folder}/{{{{ item }}}}",
                    "mode": "0644",
                },
                "loop": names,
            }
        ],
    }
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    program = str(Path(sys.executable).parent / "ansible-playbook")
    command = [program, "-i", "localhost,", "-c", "local", "-e", json.dumps(given), str(folder / "play.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}


def instance(name: str, vip: str) -> dict[str, Any]:
    return {
        "name": name,
        "vips": [f"{vip}/24"],
        "excluded": [],
        "version": 3,
        "state": "BACKUP",
        "interface": "eth0",
        "virtual_router_id": 51,
        "priority": 250,
        "priorities": {"localhost": 250},
        "advert_int": 0.3,
        "down_timer_adverts": 3,
        "preempt": True,
        "preempt_delay": 0,
        "auth_password": "",
        "source": None,
        "peers": [],
        "sync_group": "",
    }


class Host:
    """run/ and lasting/ as the unit of tmpfiles leaves them at boot. With a trace the scripts note
    there which of their lines are run."""

    def __init__(self, room: Path, texts: dict[str, str], trace: Path | None = None) -> None:
        self.room, self.trace = room, trace
        self.run_dir, self.lasting = room / "run", room / "lasting"
        (room / "bin").mkdir(parents=True)
        for line in texts["proxysql-vip.conf"].replace(ROOM, str(room)).splitlines():
            kind, path, mode, *rest, value = line.split() if line[:2] in ("d ", "f ") else ("", "", "", "")
            if kind == "d":
                Path(path).mkdir(parents=True, mode=int(mode, 8))
            elif kind == "f":
                Path(path).write_text(value, encoding="utf-8")
        for name in SCRIPTS:
            self._program(room / name, texts[name].replace(ROOM, str(room)))
        for name, text in STAND_INS.items():
            self.stand_in(name, text)
        self.systemd("active")

    def stand_in(self, name: str, text: str) -> None:
        self._program(self.room / "bin" / name, f"#!/bin/sh\n{text}\n")

    def _program(self, path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def systemd(self, says: str) -> None:
        (self.room / "systemd").write_text(says + "\n", encoding="utf-8")

    def has(self, *vips: str) -> None:
        (self.room / "addresses").write_text("".join(f"{vip}\n" for vip in vips), encoding="utf-8")

    def call(
        self, script: str, *arguments: str, before: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        path = f"{self.room / 'bin'}:{os.environ['PATH']}"
        environment = {"PATH": path, "ROOM": str(self.room), "HOME": "/nonexistent"}
        command = [*before, str(self.room / script), *arguments]
        descriptor = None
        if self.trace:
            descriptor = os.open(self.trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            # not PS4 itself, which bash takes from nobody when it is root
            (self.room / "profile").write_text("PS4='+${BASH_SOURCE##*/}:${LINENO}: '\n", encoding="utf-8")
            environment.update(BASH_ENV=str(self.room / "profile"), BASH_XTRACEFD=str(descriptor))
            command[len(before) : len(before)] = ["bash", "-x"]
        try:
            return subprocess.run(
                command,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=30,
                pass_fds=[] if descriptor is None else [descriptor],
            )
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def state(self, *arguments: str, **how: Any) -> str:
        done = self.call("proxysql-state", *arguments, **how)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def notify(self, name: str, state: str, priority: int = 250) -> None:
        done = self.call("proxysql-notify", "INSTANCE", name, state, str(priority))
        assert done.returncode == 0 and done.stderr == "", done.stderr

    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.state("show"))
        return found

    def proxysql(self) -> str:
        """What keepalived reads."""
        return (self.run_dir / "proxysql").read_text(encoding="utf-8").partition("\n")[0]

    def journal(self) -> list[str]:
        return (self.room / "journal").read_text(encoding="utf-8").splitlines()


def lines_with_commands(script: str) -> set[int]:
    """Numbers of the lines on which a command begins, as bash counts them."""
    found = set()
    continued = False
    for number, line in enumerate(script.splitlines(), start=1):
        text = line.strip()
        bare = re.fullmatch(
            r"|#.*|esac|done|fi|else|then|\}|;;|fi ;;|done ;;|esac ;;|.*\(\) \{|[^()]*[^()\s]\)( ;;)?", text
        )
        if not bare and not continued:
            found.add(number)
        continued = text.endswith(("\\", "|"))
    return found


def lines_run(trace: Path, script: str) -> set[int]:
    pattern = re.compile(rf"\++{script}:(\d+): ")
    matches = map(pattern.match, trace.read_text(encoding="utf-8", errors="replace").splitlines())
    return {int(match.group(1)) for match in matches if match}
