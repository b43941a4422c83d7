"""Conformance scripts: statements and the few directives around them.

A statement ends with ';' at the end of a line (which is not sent). A line that begins with
'#' is a comment, one that begins with '@' is a directive:

    @nodes a b             start these nodes (default: a)
    @backends db1          MySQL servers (see backend.py) for these nodes to monitor
    @set admin-x=1         a variable in every node's proxysql.cnf
    @cnf FILE              another proxysql.cnf, beside the script
    @since 3.0             older releases know nothing of it
    @on b                  the statements that follow go to node b
    @as USER PASSWORD      and are sent by this user (default: admin admin)
    @login USER PASSWORD [FROM]   try to log in, from this address
    @client NAME           the statements that follow are of this client, user 'app', at the port for clients
    @sends                 the next statement is sent, and its answer not waited for
    @waits NAME            whether this client still has no answer a second later
    @answer NAME           which answer it gets
    @until VALUE           repeat the next statement until its first value is VALUE
    @later                 wait until the clock shows another second
    @stop, @start          stop the node in order; start it
    @restart               both
    @log TEXT              wait until the node's log contains TEXT
    @tls CA CERT KEY       put these files in the data folder: each of a set that is made under this name, or
                           'none' for no file, 'text' for one that is no PEM
    @shown                 which set's certificate Admin and the port for clients show
    @tries                 start the node, which may end at once
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DIRECTIVES = (
    "nodes",
    "backends",
    "set",
    "cnf",
    "since",
    "on",
    "as",
    "login",
    "client",
    "sends",
    "waits",
    "answer",
    "until",
    "later",
    "stop",
    "start",
    "restart",
    "log",
    "tls",
    "shown",
    "tries",
)


@dataclass(frozen=True)
class Step:
    """A statement, or a directive and its argument."""

    text: str
    directive: str = ""


@dataclass(frozen=True)
class Script:
    name: str
    about: str
    nodes: tuple[str, ...]
    backends: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    cnf: Path | None
    steps: tuple[Step, ...]
    since: str = "2.7"


def parse(path: Path) -> Script:
    about: list[str] = []
    nodes: tuple[str, ...] = ("a",)
    backends: tuple[str, ...] = ()
    settings: list[tuple[str, str]] = []
    cnf: Path | None = None
    since = "2.7"
    steps: list[Step] = []
    statement: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if statement or not line.startswith(("#", "@")):
            if not statement and not line.strip():
                continue
            statement.append(line)
            if line.endswith(";"):
                steps.append(Step("\n".join(statement)[:-1]))
                statement = []
        elif line.startswith("#"):
            if not steps:
                about.append(line.lstrip("# ").rstrip())
        else:
            word, _, argument = line[1:].partition(" ")
            if word not in DIRECTIVES:
                raise ValueError(f"{path}:{number}: unknown directive @{word}")
            if word == "nodes":
                nodes = tuple(argument.split())
            elif word == "backends":
                backends = tuple(argument.split())
            elif word == "set":
                name, _, value = argument.partition("=")
                settings.append((name, value))
            elif word == "cnf":
                cnf = path.parent / argument
            elif word == "since":
                since = argument
            else:
                steps.append(Step(argument, word))
    if statement:
        raise ValueError(f"{path}: the last statement does not end with ';'")
    return Script(path.stem, " ".join(about), nodes, backends, tuple(settings), cnf, tuple(steps), since)
