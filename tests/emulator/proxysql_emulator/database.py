"""One SQLite connection that holds every layer, so that main.x, disk.x and EXCEPT work."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

from . import passwords, schema
from .attributes import taken
from .variables import COLLATIONS

# Not an error: the functions answer with this text.
_BAD_ARGUMENT = "Invalid argument size"
_TEXT_LITERAL = re.compile(rb"'(?:[^']|'')*'")


class AdminError(Exception):
    """An error packet: code and the whole text."""

    def __init__(self, text: str, code: int = 1045) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def as_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode()


def canonical_digest(value: Any) -> bytes | None:
    """As strtoull with base 0; 0 and the largest number are no digest."""
    match = re.match(rb"\s*(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))", as_bytes(value))
    if not match:
        return None
    hexadecimal, octal, decimal = match.groups()
    number = int(hexadecimal, 16) if hexadecimal else int(octal, 8) if octal else int(decimal)
    return b"0x%016X" % number if 0 < number < 2**64 - 1 else None


def taken_attributes(old: Any, new: Any) -> str:
    return taken(as_bytes(old), as_bytes(new)).decode()


def canonical_re_modifiers(value: Any) -> str:
    given = {flag.strip().upper() for flag in as_bytes(value).decode("utf-8", "replace").split(",")}
    return ",".join(flag for flag in ("CASELESS", "GLOBAL") if flag in given)


class Database:
    def __init__(self, disk: Path) -> None:
        self.disk_path = disk
        # Statements that are kept prepared take more memory than all rows of a fleet's node.
        self.connection = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, cached_statements=16
        )
        # The admin interface hands bytes through; only the client knows their charset.
        self.connection.text_factory = bytes
        self._functions()
        run = self.connection.execute
        run("ATTACH DATABASE ? AS disk", (str(disk),))
        run("PRAGMA disk.synchronous = OFF")
        for name in ("stats", "monitor", "stats_history"):
            run(f"ATTACH DATABASE ':memory:' AS {name}")
        # There are some two hundred tables and indexes, most of them empty, and each takes a page at least.
        for name in ("main", "disk", "stats"):
            run(f"PRAGMA {name}.page_size = 512")
        self._tables()

    def _functions(self) -> None:
        create = self.connection.create_function
        create("MYSQL_NATIVE_PASSWORD", 1, self._native)
        create("CACHING_SHA2_PASSWORD", 1, lambda p: self._sha2(p, None))
        create("CACHING_SHA2_PASSWORD", 2, self._sha2)
        create("UNHEX", 1, self._unhex)
        create("emulator_attributes", 2, taken_attributes)
        create("emulator_digest", 1, lambda v: self._text(canonical_digest(v)), deterministic=True)
        create("emulator_re_modifiers", 1, canonical_re_modifiers, deterministic=True)

    @staticmethod
    def _text(value: bytes | None) -> str | None:
        return None if value is None else value.decode()

    @staticmethod
    def _native(clear: Any) -> str:
        return passwords.native(as_bytes(clear)) if clear else _BAD_ARGUMENT

    @staticmethod
    def _sha2(clear: Any, salt: Any) -> str:
        if not clear:
            return _BAD_ARGUMENT
        return passwords.caching_sha2(as_bytes(clear), as_bytes(salt) if salt else None).decode()

    @staticmethod
    def _unhex(text: Any) -> bytes | None:
        try:
            return bytes.fromhex(as_bytes(text).decode())
        except ValueError:
            return None

    def _tables(self) -> None:
        run = self.connection.execute
        on_disk = {name for (name,) in run("SELECT name FROM disk.sqlite_master")}
        run("BEGIN")
        for table, spec in schema.tables().items():
            run(schema.create_statement(table))
            if spec["runtime"]:
                run(schema.create_statement(table, prefix="runtime_"))
            if spec["disk"] and table.encode() not in on_disk:
                run(schema.create_statement(table, "disk"))
        rows = [(number, *rest) for number, *rest in COLLATIONS]
        self.connection.executemany("INSERT INTO main.mysql_collations VALUES (?, ?, ?, ?)", rows)
        for table, columns in schema.STATS_TABLES.items():
            run(f"CREATE TABLE stats.{table} ({columns})")
        run("COMMIT")

    # -- for the emulator itself

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, parameters).fetchall()

    def script(self, *statements: str) -> None:
        """Several statements, all or nothing."""
        with self.transaction():
            for statement in statements:
                self.connection.execute(statement)

    def transaction(self) -> Transaction:
        return Transaction(self.connection)

    def set_read_only(self, on: bool) -> None:
        self.connection.execute(f"PRAGMA query_only = {int(on)}")

    def close(self) -> None:
        self.connection.close()


class Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        # LOAD and SAVE work on a read-only admin interface too.
        (self.read_only,) = self.connection.execute("PRAGMA query_only").fetchone()
        self.connection.execute("PRAGMA query_only = 0")
        self.connection.execute("BEGIN")

    def __exit__(self, kind: object, *_: object) -> None:
        self.connection.execute("ROLLBACK" if kind else "COMMIT")
        self.connection.execute(f"PRAGMA query_only = {self.read_only}")


def client_statement(
    connection: sqlite3.Connection, sql: bytes
) -> tuple[list[str] | None, list[tuple[Any, ...]], int]:
    """What a client sent: column names (None for a statement without rows), rows, affected rows."""
    text = _decode(sql)
    if "\0" in text:
        raise AdminError('ProxySQL Admin Error: unrecognized token: "\'"')
    try:
        try:
            cursor = connection.execute(text)
        except (sqlite3.Warning, sqlite3.ProgrammingError) as error:
            if "one statement" not in str(error):
                raise
            cursor = connection.execute(_first_statement(text))
        if cursor.description is None:
            return None, [], max(cursor.rowcount, 0)
        return [column[0] for column in cursor.description], cursor.fetchall(), 0
    except sqlite3.Error as error:
        raise AdminError(f"ProxySQL Admin Error: {error}") from None


def _decode(sql: bytes) -> str:
    """Python's sqlite3 takes str only: literals that are not UTF-8 go in as hexadecimal."""
    try:
        return sql.decode()
    except UnicodeDecodeError:
        pass

    def as_hex(match: re.Match[bytes]) -> bytes:
        literal = match.group()
        try:
            literal.decode()
        except UnicodeDecodeError:
            content = literal[1:-1].replace(b"''", b"'")
            return b"CAST(x'" + content.hex().encode() + b"' AS TEXT)"
        return literal

    return _TEXT_LITERAL.sub(as_hex, sql).decode("utf-8", "replace")


def _first_statement(text: str) -> str:
    """ProxySQL runs the first of several statements and silently drops the rest."""
    at = text.find(";")
    while at != -1:
        if sqlite3.complete_statement(text[: at + 1]):
            return text[: at + 1]
        at = text.find(";", at + 1)
    return text
