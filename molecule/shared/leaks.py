"""Where a secret must not be: what Ansible prints, process lists, journals, files that others can read."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterable, Mapping

from helpers import SSH_OPTIONS, Node

_WATCHED = "/run/lab-process-lists"
_WATCH = f"""
umask 077
while [ ! -e {_WATCHED}.stop ]; do
    cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\000' '\\n'
    sleep 0.2
done 2> /dev/null | awk '!seen[$0]++ {{ print; fflush() }}' > {_WATCHED}
"""


def leaks(secrets: Mapping[str, str], text: str) -> list[str]:
    """Names of the secrets that a text shows: as they are, or as the hexadecimal of their bytes."""
    lower = text.lower()
    return [name for name, secret in secrets.items() if secret in text or secret.encode().hex() in lower]


class Processes:
    """The command lines and environments of all processes of these hosts, while it is entered."""

    def __init__(self, hosts: Iterable[Node]) -> None:
        self.hosts = list(hosts)
        self._over = False

    def __enter__(self) -> Processes:
        for node in self.hosts:
            node.run(f"rm -f {_WATCHED}*; systemd-run --quiet --unit lab-watch sh -c {shlex.quote(_WATCH)}")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        for node in [] if self._over else self.hosts:
            node.run(
                f"touch {_WATCHED}.stop; while systemctl --quiet is-active lab-watch; do sleep 0.1; done"
            )
        self._over = True

    def seen(self, node: Node) -> str:
        return str(node.infra.file(_WATCHED).content.decode(errors="replace"))


def readable(secrets: Mapping[str, str], node: Node) -> str:
    """Files in which `nobody` finds a secret, as it is or as the hexadecimal of its bytes."""
    digits = [secret.encode().hex() for secret in secrets.values()]
    patterns = [*secrets.values(), *digits, *(each.upper() for each in digits)]
    search = "grep -rlF --binary-files=text --devices=skip -f - /etc /var /run /tmp /home /opt /srv /root"
    as_nobody = f"sudo setpriv --reuid nobody --regid nogroup --clear-groups {search} 2> /dev/null"
    key = ["-i", os.environ["LAB_KEY"], *SSH_OPTIONS.split()]
    # by its input: as an argument sudo would write them to the journal
    done = subprocess.run(
        ["ssh", *key, f"ansible@{node.address}", as_nobody],
        input="\n".join(patterns) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1, 2), done.stderr  # 2: of what nobody may not read
    return done.stdout.strip()
