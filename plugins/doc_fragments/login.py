# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How to reach ProxySQL's admin port; the same for every module."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  login_host:
    description:
      - Address of the ProxySQL to work on, as seen from the host the task runs on.
      - If not given, the environment variable E(PROXYSQL_LOGIN_HOST) is used, if there is one.
    type: str
    default: 127.0.0.1
  login_port:
    description:
      - ProxySQL's admin port. This is not the port that applications connect to.
      - If not given, the environment variable E(PROXYSQL_LOGIN_PORT) is used, if there is one.
    type: int
    default: 6032
  login_user:
    description:
      - An admin user, as listed in the variable C(admin-admin_credentials).
      - ProxySQL lets the users named C(admin) and C(stats) in from the node itself only. To reach a
        node from elsewhere, use another name. By custom this is C(radmin).
      - If not given, the environment variable E(PROXYSQL_LOGIN_USER) is used, if there is one,
        and after it the file of O(login_defaults_file).
    type: str
  login_password:
    description:
      - The password of O(login_user).
      - If not given, the environment variable E(PROXYSQL_LOGIN_PASSWORD) is used, if there is one,
        and after it the file of O(login_defaults_file).
    type: str
  previous_passwords:
    description:
      - Passwords to try, in this order, where O(login_password) is refused, as while it is being changed.
      - Empty strings in it are left out.
    type: list
    elements: str
    default: []
  login_unix_socket:
    description:
      - Path of the admin port's Unix socket, instead of O(login_host) and O(login_port).
      - ProxySQL has such a socket only if one is listed in the variable C(admin-mysql_ifaces).
      - If not given, the environment variable E(PROXYSQL_LOGIN_UNIX_SOCKET) is used, if there is one.
    type: path
  login_defaults_file:
    description:
      - An option file as the MySQL clients have it, on the host the task runs on, with its comments, quotes,
        C(!include) and C(!includedir). From its groups C([client]), C([mysql]) and those of MariaDB's clients
        come C(host), C(port), C(user), C(password), C(socket), C(ssl-ca), C(ssl-cert), C(ssl-key), C(ssl-mode),
        C(ssl) and C(ssl-verify-server-cert).
      - What is given as an option or in the environment takes precedence over the file. Where O(login_host),
        O(login_port) or O(login_unix_socket) is given, the file's socket, and its port but for a host given alone,
        are not used; nor are they in modules that ask several nodes.
      - If not given, the environment variable E(PROXYSQL_LOGIN_DEFAULTS_FILE) is used, if there is one.
    type: path
  connect_timeout:
    description:
      - For how many seconds an admin port that does not answer is tried again before the task fails. It covers
        all up to the end of the login, so a server that hangs is given up as well.
        A ProxySQL that is just starting needs one or two.
      - A wrong password or a certificate that does not verify is not tried again.
    type: float
    default: 10.0
  read_timeout:
    description:
      - For how many seconds the answer to one statement is waited for.
      - Keep this well above your longest C(LOAD). Giving up does not stop the statement in ProxySQL,
        and the admin port executes one statement at a time, for all clients.
    type: float
    default: 600.0
  ssl_mode:
    description:
      - V(preferred) uses TLS where the admin port offers it, V(required) fails where it does not,
        V(disabled) never uses it. With O(ca_cert) or O(client_cert), V(preferred) means the same as V(required).
      - The admin port stops offering TLS when the variable C(mysql-have_ssl) is set to V(false). With
        V(required) such a task is the last one that gets in.
    type: str
    choices: [preferred, required, disabled]
    default: preferred
  ca_cert:
    description:
      - File with the certificate authority that must have signed ProxySQL's certificate, on the host
        the task runs on. Without it the connection is encrypted, but the server is not authenticated.
      - ProxySQL makes its own, C(proxysql-ca.pem) in its data folder. That it lacks what X.509 asks for when
        read strictly, as Python does from 3.13 on, is overlooked.
    type: path
  client_cert:
    description:
      - File with a client certificate to present.
    type: path
  client_key:
    description:
      - File with the key of O(client_cert).
    type: path
  check_hostname:
    description:
      - Whether ProxySQL's certificate must also carry the name in O(login_host). Takes effect only
        together with O(ca_cert).
      - The certificate that ProxySQL makes for itself names no host, so leave this off for it.
    type: bool
    default: false
requirements:
  - Python 3.9 or newer, with PyMySQL, on the host the task runs on.
"""
