"""What the roles do on Enterprise Linux, as far as that can be told without such a host.

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
VENDOR = "https://repo.proxysql.com/ProxySQL/proxysql-2.7.x"
FACTS = {"os_family": "RedHat", "distribution": "Rocky", "pkg_mgr": "dnf"}
URL = "https://mirror.example.com/proxysql-2.7.1-1-centos9.x86_64.rpm"
HOSTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "pinned": {"proxysql_version": "2.7.1", "proxysql_yum_baseurl": "https://mirror.example.com/el9"},
    "own": {"proxysql_python_packages": ["mine"], "keepalived_watch": False},
    "single": {"proxysql_package_url": URL},
}
SECRETS = {
    "proxysql_admin_password": "Secret-a",
    "proxysql_cluster_password": "Secret-c",
    "keepalived_vips": [],
}
DNF = """\
#!/usr/bin/python
import json, os
from ansible.module_utils.basic import AnsibleModule
options = {"name": {"type": "list"}, "install_weak_deps": {}, "disable_gpg_check": {}, "allow_downgrade": {}}
module = AnsibleModule(argument_spec=options, supports_check_mode=True)
with open(os.environ["DNF_SEEN"], "a") as seen:
    seen.write(json.dumps({key: value for key, value in module.params.items() if value is not None}) + "\\n")
module.exit_json(changed=True)
"""


def facts(version: str) -> dict[str, Any]:
    major = version.partition(".")[0]
    found = {**FACTS, "distribution_version": version, "distribution_major_version": major}
    return {"set_fact": {**found, "cacheable": True}}


def part(role: str, tasks: str) -> dict[str, Any]:
    return {"include_role": {"name": role, "tasks_from": tasks, "public": True}}


def play(
    folder: Path, hosts: dict[str, dict[str, Any]], tasks: list[dict[str, Any]], collections_path: str
) -> str:
    (folder / "library").mkdir()
    (folder / "library/dnf.py").write_text(DNF, encoding="utf-8")
    (folder / "ansible.cfg").touch()  # nobody's own settings
    (folder / "hosts.json").write_text(
        json.dumps({"all": {"hosts": hosts, "vars": {"ansible_python_interpreter": sys.executable}}})
    )
    seen = {"DNF_SEEN": f"{folder}/{{{{ inventory_hostname }}}}.dnf"}
    found = {
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "environment": seen,
        "tasks": tasks,
    }
    (folder / "play.yml").write_text(json.dumps([found]), encoding="utf-8")
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": collections_path,
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_LIBRARY": str(folder / "library"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_ROLES_PATH": str(CHECKOUT / "roles"),
    }
    program = str(Path(sys.executable).parent / "ansible-playbook")
    done = subprocess.run(
        [program, "-i", str(folder / "hosts.json"), str(folder / "play.yml")],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, collections_path: str) -> Path:
    folder = tmp_path_factory.mktemp("rocky9")
    repository = {
        "src": str(CHECKOUT / "roles/proxysql/templates/proxysql.repo.j2"),
        "dest": f"{folder}/{{{{ inventory_hostname }}}}.repo",
    }
    tasks = [
        facts("9.6"),
        part("proxysql", "preflight"),
        part("keepalived", "preflight"),
        # as on a core with a virtual IP; these hosts are in no group
        {"set_fact": {"__keepalived_virtual": True}},
        part("proxysql", "install/dnf"),
        part("keepalived", "install/dnf"),
        {"template": repository},
    ]
    hosts = {name: {**given, **SECRETS, "proxysql_yum_repository": False} for name, given in HOSTS.items()}
    output = play(folder, hosts, tasks, collections_path)
    assert output.count("failed=0") == len(hosts), output
    return folder


def repository(folder: Path, host: str) -> list[str]:
    text = (folder / f"{host}.repo").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_vendors_repository(played: Path) -> None:
    assert repository(played, "plain") == [
        "[proxysql]",
        "name=ProxySQL",
        f"baseurl={VENDOR}/centos/9",
        "gpgcheck=1",
        f"gpgkey={VENDOR}/repo_pub_key",
    ]


def test_another_repository_with_a_pinned_version(played: Path) -> None:
    assert repository(played, "pinned") == [
        "[proxysql]",
        "name=ProxySQL",
        "baseurl=https://mirror.example.com/el9",
        "includepkgs=proxysql-2.7.1-*",
    ]


@pytest.mark.parametrize(
    ("host", "given"),
    [
        ("plain", [["python3-PyMySQL", "proxysql"], ["keepalived", "python3-PyMySQL"]]),
        ("pinned", [["python3-PyMySQL", "proxysql-2.7.1-*"], ["keepalived", "python3-PyMySQL"]]),
        ("own", [["mine", "proxysql"], ["keepalived"]]),
        (
            "single",
            [
                ["python3-PyMySQL"],
                ["/usr/local/src/" + URL.rpartition("/")[2]],
                ["keepalived", "python3-PyMySQL"],
            ],
        ),
    ],
)
def test_what_dnf_is_given(played: Path, host: str, given: list[list[str]]) -> None:
    lines = [json.loads(line) for line in (played / f"{host}.dnf").read_text(encoding="utf-8").splitlines()]
    assert [line["name"] for line in lines] == given
    # only of the file that was given, or has the checksum that was given
    unchecked = [line["name"] for line in lines if line.get("disable_gpg_check")]
    assert unchecked == (given[1:2] if host == "single" else [])


def test_an_older_release_is_refused_by_name(tmp_path: Path, collections_path: str) -> None:
    output = play(
        tmp_path,
        {"old": SECRETS},
        [facts("8.10"), part("proxysql", "preflight"), part("proxysql", "install")],
        collections_path,
    )
    assert "old is Rocky 8.10; this role installs on Debian, Ubuntu and Enterprise Linux 9" in output
    assert "changed=0" in output
