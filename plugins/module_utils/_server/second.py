# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A second ProxySQL for some seconds, of the program that serves, beside the one that serves.

It has a private folder and Unix sockets only, no monitor, no peers, and where the system allows it no
network at all. The kernel ends it with the task, however that ends, and a shell then removes the folder.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import pwd
import re
import resource
import secrets
import shlex
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable

from .._declared.errors import EngineError
from .login import Login

# Ansible's own run_command waits for the end of what it runs; this server runs beside the module.
subprocess: Any = importlib.import_module("subprocess")

# A path longer than this is none for a socket.
_MAX_PATH = 107
_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG = 1
# Of the server: far more than it ever needs.
_CPU_SECONDS = 120

_CNF = """\
datadir="{folder}"
admin_variables=
{{
    admin_credentials="{user}:{password}"
    stats_credentials="{user}-stats:{password}"
    mysql_ifaces="{folder}/admin.sock"
    pgsql_ifaces="{folder}/pgadmin.sock"
    restapi_enabled=false
    web_enabled=false
}}
mysql_variables=
{{
    threads=1
    interfaces="{folder}/client.sock"
    monitor_enabled=false
}}
pgsql_variables=
{{
    threads=1
    interfaces="{folder}/pgclient.sock"
    monitor_enabled=false
}}
"""

#: Variables that it is given by this file, and which so do not have their defaults there.
GIVEN = frozenset(
    f"{prefix}-{name}"
    for prefix, body in re.findall(r"(\w+)_variables=\n\{\{\n(.*?)\}\}", _CNF, re.DOTALL)
    for name in re.findall(r"(?m)^ *(\w+)=", body)
)

# Ends when the task does, whose end of the pipe the kernel closes.
_SWEEP = (
    'read -r pid; read -r nothing; [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null;'
    # A second time, for what somebody was just writing there.
    ' sleep 0.1; rm -rf "$1"; sleep 1; rm -rf "$1"'
)


class RehearsalError(EngineError):
    """The second ProxySQL could not be started, or ended."""


class _CrashedError(RehearsalError):
    """A signal ended it before it answered."""


class Second:
    """A running second ProxySQL. Use as a context manager.

    program: the path of the program, or a command with its arguments. timeout: seconds until it must answer.
    login: of its admin interface. client_socket: where clients go. Raises RehearsalError.
    """

    def __init__(self, program: str, timeout: float = 15) -> None:
        self.command = shlex.split(program)
        found = shutil.which(self.command[0]) if self.command else None
        if found is None:
            raise RehearsalError(f"program: {program} is not a program that can be run here")
        self.command[0] = found
        self.timeout = timeout
        self.folder = _private_path()
        # No name that an application's user has.
        self._user = f"rehearsal-{secrets.token_hex(6)}"
        self._password = secrets.token_hex(16)
        self._process: Any = None
        self._sweeper: Any = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    @property
    def client_socket(self) -> str:
        return str(self.folder / "client.sock")

    @property
    def login(self) -> Login:
        path = str(self.folder / "admin.sock")
        return Login(
            user=self._user,
            password=self._password,
            unix_socket=path,
            ssl_mode="disabled",
            connect_timeout=5,
            read_timeout=30,
        )

    def __enter__(self) -> Second:
        try:
            try:
                self._start()
            except _CrashedError:
                # It does, once in many starts, and has been given nothing yet that could be to blame.
                self.close()
                self.folder = _private_path()
                self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it and remove what it wrote. Nothing of it is kept, so it is not asked to end in order."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._sweeper is not None and self._sweeper.stdin is not None:
            self._sweeper.kill()
            self._sweeper.wait()
            self._sweeper.stdin.close()

    def _start(self) -> None:
        # First, so that there is nothing yet that a task could leave behind.
        self._sweeper = subprocess.Popen(
            ["/bin/sh", "-c", _SWEEP, "sh", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self.folder.mkdir(0o700)
        except OSError as exc:
            raise RehearsalError(f"{self.folder}: {exc.strerror}") from None
        cnf, log = self.folder / "proxysql.cnf", self.folder / "log"
        owner = _owner()
        made = [cnf, *_certificate(self.folder)]
        with open(cnf, "w", opener=_private) as file:
            file.write(_CNF.format(folder=self.folder, user=self._user, password=self._password))
        if owner is not None:
            for path in (self.folder, *made):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        arguments = ["-f", "-M", "--no-version-check", "-c", str(cnf), "-D", str(self.folder)]
        with open(log, "wb", opener=_private) as output:
            try:
                self._process = subprocess.Popen(
                    [*self.command, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=self.folder,
                    start_new_session=True,
                    preexec_fn=_confined(owner),
                )
            except (OSError, subprocess.SubprocessError) as exc:
                raise RehearsalError(f"program: {self.command[0]} cannot be started: {exc}") from None
        self._sweeper.stdin.write(b"%d\n" % self._process.pid)
        self._sweeper.stdin.flush()
        deadline = time.monotonic() + self.timeout
        while not _listens(str(self.folder / "admin.sock")):
            if self._process.poll() is not None:
                if self._process.returncode < 0:
                    name = signal.Signals(-self._process.returncode).name
                    raise _CrashedError(f"the second ProxySQL was ended by {name} before it answered, twice")
                text = log.read_text(errors="replace").strip().splitlines()
                raise RehearsalError(
                    f"the second ProxySQL ended at once: {text[-1][:300] if text else 'it said nothing'}"
                )
            if time.monotonic() > deadline:
                raise RehearsalError(f"the second ProxySQL did not answer within {self.timeout:g} s")
            time.sleep(0.02)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _certificate(folder: Path) -> list[Path]:
    """A certificate that is quickly made; without one the server makes an RSA key, for a quarter of a second.

    Nobody is asked to trust it. Where there is no openssl, it is the server's to make.
    """
    key, certificate, authority = (folder / f"proxysql-{name}.pem" for name in ("key", "cert", "ca"))
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    try:
        done = subprocess.run(
            [*command.split(), "-subj", "/CN=rehearsal", "-keyout", str(key), "-out", str(certificate)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=5,
            check=False,
        )
        if done.returncode == 0:
            shutil.copy(certificate, authority)
            return [key, certificate, authority]
    except (OSError, subprocess.SubprocessError):
        pass
    for path in (key, certificate, authority):
        path.unlink(missing_ok=True)
    return []


def _private_path() -> Path:
    """Where a folder is to be, which nobody can know beforehand."""
    for place in (tempfile.gettempdir(), "/tmp"):
        folder = Path(place) / f"proxysql-rehearsal-{secrets.token_hex(6)}"
        # Sockets of backends have the longest names.
        if len(str(folder / "b4294967295.sock")) <= _MAX_PATH:
            return folder
    raise RehearsalError("no folder for temporary files has a path short enough for sockets")


def _owner() -> Any:
    """Whom the second server runs as: not as root, where the package's user is there."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("proxysql")
    except KeyError:
        return None


def _confined(owner: Any) -> Callable[[], None]:
    """What the new process does before it becomes the server. All that could fail without harm may fail."""
    libc = ctypes.CDLL(None)
    parent = os.getpid()
    root = os.geteuid() == 0

    def confine() -> None:
        with contextlib.suppress(OSError):
            os.nice(19)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        libc.unshare(_NEWNET if root else _NEWUSER | _NEWNET)
        if owner is not None:
            os.setgroups([])
            os.setgid(owner.pw_gid)
            os.setuid(owner.pw_uid)
        # After the change of user, which takes it away.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return confine


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def default_program(candidates: Sequence[str] = ("/usr/bin/proxysql", "proxysql")) -> str:
    return next((each for each in candidates if shutil.which(each)), candidates[0])
