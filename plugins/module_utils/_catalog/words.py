# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The words in which the catalog describes columns, tables and sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Union

Value = Union[int, str, bool, None]

MAX_INT = 2**31 - 1


class _Required:
    """The default of a column that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


@dataclass(frozen=True)
class Column:
    """One column: how it is declared, stored and compared.

    kind: int, bool (an INT that is 0 or 1), text, enum (text from a list, any case), json
    (an object) and json_list (a list), both text compared as parsed JSON, digest and modifiers
    (text that LOAD rewrites), client_addr (text with a wildcard at the end), hex (text
    that must be a number such as 0x1F); number and any are
    those of columns that only the server knows.
    secret: "mysql" where it may be one of the hashes of MySQL, "pgsql" where no hash is known;
    empty where there is no secret.
    forbids: characters that the server stores and LOAD does not survive.
    blank: NULL and the empty string mean the same to LOAD, so they compare equal and are kept as NULL.
    members: keys of a JSON object whose whole numbers LOAD checks, with their limits.
    known_members: all keys of a JSON object that ProxySQL knows. open: whether others may be there too.
    implied: the default is ours, the table has none and would refuse the row.
    since: the first release that has it, where some that this collection serves do not.
    """

    name: str
    kind: str
    default: Any = REQUIRED
    nullable: bool = False
    low: int = 0
    high: int = MAX_INT
    choices: tuple[str, ...] = ()
    secret: str = ""
    forbids: str = ""
    blank: bool = False
    members: tuple[tuple[str, int, int], ...] = ()
    known_members: tuple[str, ...] = ()
    open: bool = False
    implied: bool = False
    since: str = ""


@dataclass(frozen=True)
class Rule:
    """What a row must hold across columns. test: a word that ``_planning/checks.py`` knows."""

    column: str
    test: str
    other: str


@dataclass(frozen=True)
class Table:
    """One admin table. ``key`` is how a declared row finds its row on the server.

    runtime: how LOAD changes the rows on their way to runtime (a name in ``_planning/layers.py``).
    unique: further sets of columns in which no two rows may agree.
    hostgroups: columns whose hostgroups a monitor moves servers between.
    since: the first release that has the table, where some do not.
    known: whether it is described here, or was read off the server.
    """

    name: str
    section: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    runtime: str = "exact"
    unique: tuple[tuple[str, ...], ...] = ()
    rules: tuple[Rule, ...] = ()
    hostgroups: tuple[str, ...] = ()
    since: str = ""
    known: bool = True
    by_name: dict[str, Column] = field(init=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name.update((column.name, column) for column in self.columns)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.secret)

    @property
    def json(self) -> tuple[str, ...]:
        """Columns that may hold secrets among other things."""
        return tuple(column.name for column in self.columns if column.kind == "json")

    def default(self, name: str) -> Value:
        """The column's default, or None where the catalog knows none."""
        column = self.by_name.get(name)
        if column is None or column.default is REQUIRED:
            return None
        value: Value = column.default
        return value


@dataclass(frozen=True)
class Section:
    """What one LOAD or SAVE covers.

    checksum: its name in runtime_checksums_values; None where the cluster does not carry it, so
    that every node has to be written. A server may have the checksum and not carry the section all the
    same: then it has no variable admin-cluster_..._diffs_before_sync for it (3.0.0-alpha).
    tables: every table the section's LOAD takes, in the order their rows are best written.
    prefix: for the sections of global_variables, how their variables' names begin.
    disk: whether there is a SAVE.
    """

    name: str
    checksum: str | None = None
    tables: tuple[str, ...] = ()
    prefix: str | None = None
    disk: bool = True


# -- columns in few words ------------------------------------------------------------------


def integer(name: str, default: Any = REQUIRED, low: int = 0, high: int = MAX_INT, since: str = "") -> Column:
    return Column(name, "int", default, low=low, high=high, since=since)


def integer_null(name: str, low: int = 0, high: int = MAX_INT) -> Column:
    return Column(name, "int", None, nullable=True, low=low, high=high)


def boolean(name: str, default: bool) -> Column:
    return Column(name, "bool", default)


def boolean_null(name: str) -> Column:
    return Column(name, "bool", None, nullable=True)


def text(name: str, default: Any = REQUIRED, forbids: str = "") -> Column:
    return Column(name, "text", default, forbids=forbids)


def text_null(name: str, kind: str = "text", default: str | None = None, forbids: str = "") -> Column:
    return Column(name, kind, default, nullable=True, forbids=forbids)


def text_implied(name: str) -> Column:
    return Column(name, "text", "", implied=True)


def choice(name: str, default: Any, *choices: str) -> Column:
    return Column(name, "enum", default, choices=choices)


def json_object(name: str, *members: tuple[str, int, int], known: tuple[str, ...] = ()) -> Column:
    """known: of an object that may hold anything, the keys that mean something to ProxySQL."""
    names = known or tuple(member for member, _low, _high in members)
    return Column(name, "json", "", members=members, known_members=names, open=bool(known))
