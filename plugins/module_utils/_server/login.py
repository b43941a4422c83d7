# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How to reach an admin port, and the TLS that goes with it."""

from __future__ import annotations

import ssl
from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from typing import Any

from .._declared.errors import ConnectError
from .option_file import client_options

_ON = ("1", "on", "true", "yes", "")


@dataclass(frozen=True)
class Login:
    """How to reach an admin port. Times are seconds.

    previous: passwords to try, in this order, where ``password`` is refused.
    """

    host: str = "127.0.0.1"
    port: int = 6032
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    unix_socket: str | None = None
    connect_timeout: float = 10
    read_timeout: float = 600
    ssl_mode: str = "preferred"
    ca_cert: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    check_hostname: bool = False
    previous: tuple[str, ...] = field(default=(), repr=False)

    def with_defaults_file(self, path: str, given: Collection[str] = ()) -> Login:
        """Completed from an option file, as the mysql client reads it.

        given: names of fields that were given beside it and stay. A host, a port or a socket that was given
        says where to go, and the file says nothing more of that. Raises ConnectError.
        """
        options = client_options(path)
        found: dict[str, Any] = {
            "user": options.get("user"),
            "password": options.get("password") or None,
            "ca_cert": options.get("ssl-ca"),
            "client_cert": options.get("ssl-cert"),
            "client_key": options.get("ssl-key"),
            **_tls_of(options, path),
        }
        if not {"host", "port", "unix_socket"}.intersection(given):
            found.update(host=options.get("host"), unix_socket=options.get("socket"))
            found["port"] = _port(options["port"], path) if "port" in options else None
        elif "host" in given and "port" not in given and "unix_socket" not in given and "port" in options:
            found["port"] = _port(options["port"], path)
        kept = {name: value for name, value in found.items() if name not in given and value not in (None, "")}
        login = replace(self, **kept)
        verify = kept.get("check_hostname") or options.get("ssl-mode", "").upper() == "VERIFY_CA"
        if verify and login.ssl_mode != "disabled" and not login.ca_cert:
            raise ConnectError(
                f"login_defaults_file: {path} asks for the server's certificate to be verified, and no"
                " certificate authority is given (ssl-ca, ca_cert)"
            )
        return login

    def settings(self) -> dict[str, Any]:
        """What makes the same login again, passwords included."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def place(self) -> str:
        return self.unix_socket or f"{self.host}:{self.port}"


def _port(text: str, path: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ConnectError(f"login_defaults_file: {path}: port is not a number from 1 to 65535")
    return int(text)


def _tls_of(options: dict[str, str], path: str) -> dict[str, Any]:
    """ssl-mode of MySQL, and ssl, skip-ssl and ssl-verify-server-cert of MariaDB."""
    mode = options.get("ssl-mode", "").upper()
    known: dict[str, dict[str, Any]] = {
        "DISABLED": {"ssl_mode": "disabled"},
        "PREFERRED": {"ssl_mode": "preferred"},
        "REQUIRED": {"ssl_mode": "required"},
        "VERIFY_CA": {"ssl_mode": "required"},
        "VERIFY_IDENTITY": {"ssl_mode": "required", "check_hostname": True},
    }
    if mode:
        if mode not in known:
            raise ConnectError(f"login_defaults_file: {path}: ssl-mode is not one of {', '.join(known)}")
        return known[mode]
    if "skip-ssl" in options or options.get("ssl", "1").lower() not in _ON:
        return {"ssl_mode": "disabled"}
    # Where nobody is identified, so does MariaDB's client since 11.4 for passwords that prove both sides;
    # of older ones the option is off. Asked for, it is not to be ignored.
    if options.get("ssl-verify-server-cert", "0").lower() in _ON:
        return {"ssl_mode": "required", "check_hostname": True}
    return {"ssl_mode": "required"} if "ssl" in options else {}


def tls_context(login: Login) -> ssl.SSLContext | None:
    """The TLS to insist on; None where it need not be there. Raises ConnectError naming the file."""
    if login.ssl_mode == "disabled":
        return None
    if login.ssl_mode != "required" and not login.ca_cert and not login.client_cert:
        return None
    context = unverified()
    if login.ca_cert:
        _read(lambda: context.load_verify_locations(cafile=login.ca_cert), "ca_cert", login.ca_cert)
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = login.check_hostname
        # From Python 3.13 on this is the default, and refuses the authority that ProxySQL makes for itself.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if login.client_cert:
        files = login.client_cert if not login.client_key else f"{login.client_cert} and {login.client_key}"
        # Without a password given here, one would be asked for on the terminal.
        _read(
            lambda: context.load_cert_chain(str(login.client_cert), login.client_key, password=""),
            "client_cert",
            files,
        )
    return context


def unverified() -> ssl.SSLContext:
    """TLS that trusts anybody. The driver's own would read all of the machine's certificates first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _read(load: Any, option: str, files: str) -> None:
    try:
        load()
    except (OSError, ValueError) as exc:
        # An SSLError is an OSError.
        why = getattr(exc, "reason", None) or getattr(exc, "strerror", None) or type(exc).__name__
        raise ConnectError(f"{option}: cannot use {files}: {why}") from None
