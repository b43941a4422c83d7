"""Option files as the MySQL clients read them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import ConnectError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.login import Login
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.option_file import client_options


@pytest.fixture
def options(tmp_path: Path):
    def read(text: str) -> dict[str, str]:
        path = tmp_path / "my.cnf"
        path.write_bytes(text.encode())
        return client_options(str(path))

    return read


@pytest.mark.parametrize(
    "text, found",
    [
        ("[client]\nuser=a\n", {"user": "a"}),
        ("[client]\n  user = a  \n\tpassword\t=\tb c\n", {"user": "a", "password": "b c"}),
        ("[client]\nuser=a # the admin\npassword='b#c' # and his\n", {"user": "a", "password": "b#c"}),
        ("[client]\npassword=b#c\n", {"password": "b"}),
        ("# one\n; two\n[client]\nuser=a\n", {"user": "a"}),
        ("\ufeff[client]\nuser=a\n", {"user": "a"}),
        ("[client]\r\nuser=a\r\n", {"user": "a"}),
        ("[client]\nssl_ca=x\nloose-ssl-cert=y\n", {"ssl-ca": "x", "ssl-cert": "y"}),
        ("[client]\nssl\n", {"ssl": ""}),
        ('[client]\npassword="a\'b"\n', {"password": "a'b"}),
        ("[client]\npassword='a\\'b\\\\c\\sd\\xe'\n", {"password": "a'b\\c d\\xe"}),
        ("[client]\nuser=a\n[mysqld]\nuser=mysql\n[mysql]\nuser=b\n", {"user": "b"}),
        ("[client-server]\nport=1\n[client]\nport=2\n", {"port": "2"}),
        ("[mysqldump]\nuser=x\n", {}),
        ("[client]\npassword=pä\n", {"password": "pä"}),
    ],
)
def test_a_file(options, text, found):
    assert options(text) == found


def test_includes(tmp_path: Path):
    folder = tmp_path / "conf.d"
    folder.mkdir()
    (folder / "b.cnf").write_text("[client]\nuser=b\n")
    (folder / "a.cnf").write_text("[client]\nuser=a\nport=1\n")
    (folder / "a.txt").write_text("[client]\nuser=no\n")
    (tmp_path / "other.cnf").write_text("[client]\npassword=c\n")
    path = tmp_path / "my.cnf"
    path.write_text(
        f"!includedir {folder}\n!includedir {tmp_path}/none\n!include {tmp_path}/none.cnf\n"
        "[client]\nport=2\n!include other.cnf\n"
    )
    assert client_options(str(path)) == {"user": "b", "port": "2", "password": "c"}
    path.write_text(f"!include {path}\n")
    with pytest.raises(ConnectError, match="include each other"):
        client_options(str(path))


@pytest.mark.parametrize("text", ["password=S3CRET\n[client]\n", "[client\npassword=S3CRET\n"])
def test_a_files_lines_are_in_no_error(options, text):
    with pytest.raises(ConnectError, match=r"line 1") as caught:
        options(text)
    assert "S3CRET" not in caught.value.message


def test_a_file_that_is_missing():
    with pytest.raises(ConnectError, match="login_defaults_file: cannot read /none: No such file"):
        client_options("/none")


@pytest.mark.parametrize(
    "text, given, found",
    [
        ("port=7\nhost=h\nsocket=/s", (), ("h", 7, "/s")),
        ("port=7\nhost=h\nsocket=/s", ("host",), ("127.0.0.1", 7, None)),
        ("port=7\nhost=h\nsocket=/s", ("host", "port"), ("127.0.0.1", 6032, None)),
        ("port=7\nhost=h\nsocket=/s", ("port",), ("127.0.0.1", 6032, None)),
        ("port=7\nhost=h\nsocket=/s", ("unix_socket",), ("127.0.0.1", 6032, None)),
    ],
)
def test_what_was_given_goes_before_the_file(tmp_path, text, given, found):
    path = tmp_path / "my.cnf"
    path.write_text(f"[client]\n{text}\n")
    login = Login().with_defaults_file(str(path), given)
    assert (login.host, login.port, login.unix_socket) == found


@pytest.mark.parametrize(
    "line, mode, checked",
    [
        ("ssl-mode=DISABLED", "disabled", False),
        ("ssl-mode=preferred", "preferred", False),
        ("ssl-mode=REQUIRED", "required", False),
        ("ssl-mode=VERIFY_CA\nssl-ca=/ca", "required", False),
        ("ssl-mode=VERIFY_IDENTITY\nssl-ca=/ca", "required", True),
        ("ssl", "required", False),
        ("ssl=0", "disabled", False),
        ("skip-ssl", "disabled", False),
        ("ssl-verify-server-cert\nssl-ca=/ca", "required", True),
        ("ssl-verify-server-cert=0", "preferred", False),
    ],
)
def test_tls(tmp_path, line, mode, checked):
    path = tmp_path / "my.cnf"
    path.write_text(f"[client]\n{line}\n")
    login = Login().with_defaults_file(str(path))
    assert (login.ssl_mode, login.check_hostname) == (mode, checked)


@pytest.mark.parametrize("port", ["x", "0", "65536", "-1"])
def test_a_port_that_is_none(tmp_path, port):
    path = tmp_path / "my.cnf"
    path.write_text(f"[client]\nport={port}\n")
    with pytest.raises(ConnectError, match="port is not a number"):
        Login().with_defaults_file(str(path))
