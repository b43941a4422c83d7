"""What the roles do on each family of systems, as far as that can be told without such a host.

The hosts here are this machine with the facts of others, and dnf is a stand-in that writes down
what it is given. That a real dnf takes it is not shown by this.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
DEBIAN = {"os_family": "Debian", "distribution": "Debian", "distribution_release": "bookworm"}
ROCKY = {"os_family": "RedHat", "distribution": "Rocky"}
HOSTS: dict[str, dict[str, str]] = {
    "debian12": {**DEBIAN, "distribution_major_version": "12", "distribution_version": "12.8"},
    "rocky9": {**ROCKY, "distribution_major_version": "9", "distribution_version": "9.6"},
    "rocky8": {**ROCKY, "distribution_major_version": "8", "distribution_version": "8.10"},
}
DNF = """\
#!/usr/bin/python
import json, os
from ansible.module_utils.basic import AnsibleModule
options = {"name": {"type": "list"}, "install_weak_deps": {"type": "bool"}, "disable_gpg_check": {"type": "bool"}}
module = AnsibleModule(argument_spec=options, supports_check_mode=True)
with open(os.environ["DNF_SEEN"], "a") as seen:
    seen.write(json.dumps({key: value for key, value in module.params.items() if value is not None}) + "\\n")
module.exit_json(changed=True)
"""
TASKS: list[dict[str, Any]] = [
    {"set_fact": {"cacheable": True, "pkg_mgr": "dnf", "interfaces": [], **{key: f"{{{{ {key}_ }}}}" for key in DEBIAN},
                  "distribution_major_version": "{{ distribution_major_version_ }}",
                  "distribution_version": "{{ distribution_version_ }}"}},
]  # fmt: skip


def play(folder: Path, host: str, tasks: list[dict[str, Any]], **variables: Any) -> str:
    (folder / "library").mkdir()
    (folder / "ansible.cfg").touch()  # nobody's own settings
    (folder / "library/dnf.py").write_text(DNF, encoding="utf-8")
    facts = {**dict.fromkeys(DEBIAN, ""), **HOSTS[host]}
    found = [{"hosts": host, "connection": "local", "gather_facts": False, "tasks": TASKS + tasks}]
    (folder / "play.yml").write_text(json.dumps(found), encoding="utf-8")
    given = {
        "ansible_python_interpreter": sys.executable,
        "proxysql_admin_password": "Secret-of-admin",
        "proxysql_cluster_password": "Secret-of-cluster",
        **{f"{key}_": value for key, value in facts.items()},
        **variables,
    }
    program = str(Path(sys.executable).parent / "ansible-playbook")
    done = subprocess.run(
        [program, "-i", f"{host},", "-e", json.dumps(given), "-v", str(folder / "play.yml")],
        env={**os.environ, "ANSIBLE_ROLES_PATH": str(CHECKOUT / "roles"), "ANSIBLE_LIBRARY": str(folder / "library"),
             "ANSIBLE_CONFIG": str(folder / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1",
             "ANSIBLE_HOME": str(folder / "home"), "DNF_SEEN": str(folder / "seen")},
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    return done.stdout + done.stderr


def part(role: str, tasks: str) -> dict[str, Any]:
    return {"include_role": {"name": role, "tasks_from": tasks}}


def rendered(folder: Path, host: str, template: str, **variables: Any) -> str:
    """A template with the role's defaults and variables."""
    role = CHECKOUT / "roles/proxysql"
    tasks = [
        {"include_vars": str(role / "defaults/main.yml")},
        {"include_vars": str(role / "vars/main.yml")},
        {"template": {"src": str(role / "templates" / template), "dest": str(folder / "rendered")}},
    ]
    output = play(folder, host, tasks, **variables)
    assert (folder / "rendered").is_file(), output
    text = (folder / "rendered").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if line and not line.startswith("#"))


def test_the_vendors_repository_on_enterprise_linux(tmp_path: Path) -> None:
    vendor = "https://repo.proxysql.com/ProxySQL/proxysql-2.7.x"
    assert rendered(tmp_path, "rocky9", "proxysql.repo.j2") == (
        f"[proxysql]\nname=ProxySQL\nbaseurl={vendor}/centos/9\ngpgcheck=1\ngpgkey={vendor}/repo_pub_key"
    )


def test_another_repository_with_a_pinned_version(tmp_path: Path) -> None:
    # as extra variables they outrank the defaults, which include_vars would put above an inventory
    given = {"proxysql_yum_baseurl": "https://mirror.example.com/proxysql", "proxysql_version": "2.7.1"}
    assert rendered(tmp_path, "rocky9", "proxysql.repo.j2", **given) == (
        "[proxysql]\nname=ProxySQL\nbaseurl=https://mirror.example.com/proxysql\nincludepkgs=proxysql-2.7.1-*"
    )


def test_the_vendors_source_on_debian(tmp_path: Path) -> None:
    text = rendered(tmp_path, "debian12", "proxysql.sources.j2")
    assert "URIs: https://repo.proxysql.com/ProxySQL/proxysql-2.7.x/bookworm/" in text


@pytest.mark.parametrize(
    ("role", "variables", "given"),
    [
        ("proxysql", {}, ["python3-PyMySQL", "proxysql"]),
        ("proxysql", {"proxysql_version": "2.7.1"}, ["python3-PyMySQL", "proxysql-2.7.1-*"]),
        ("proxysql", {"proxysql_python_packages": ["mine"]}, ["mine", "proxysql"]),
        ("keepalived", {}, ["keepalived", "python3-PyMySQL"]),
        ("keepalived", {"keepalived_watch": False}, ["keepalived"]),
    ],
)
def test_what_dnf_is_given(role: str, variables: dict[str, Any], given: list[str], tmp_path: Path) -> None:
    assert dnf_was_given(tmp_path, role, proxysql_yum_repository=False, **variables) == [
        {"name": given, "install_weak_deps": False}
    ]


def dnf_was_given(folder: Path, role: str, **variables: Any) -> list[dict[str, Any]]:
    output = play(folder, "rocky9", [part(role, "dnf")], **variables)
    assert "failed=0" in output, output
    return [json.loads(line) for line in (folder / "seen").read_text(encoding="utf-8").splitlines()]


def test_a_single_package_is_not_looked_for_in_a_repository(tmp_path: Path) -> None:
    url = "https://mirror.example.com/proxysql-2.7.1-1-centos9.x86_64.rpm"
    assert dnf_was_given(tmp_path, "proxysql", proxysql_package_url=url) == [
        {"name": ["python3-PyMySQL"], "install_weak_deps": False},
        {
            "name": ["/usr/local/src/proxysql-2.7.1-1-centos9.x86_64.rpm"],
            "install_weak_deps": False,
            "disable_gpg_check": True,
        },
    ]


def test_a_system_that_is_not_known_is_refused_by_name(tmp_path: Path) -> None:
    output = play(tmp_path, "rocky8", [part("proxysql", "install")])
    assert "rocky8 is Rocky 8.10; this role installs on Debian, Ubuntu and Enterprise Linux 9" in output
    assert "changed=0" in output
