"""The last play of site.yml, run on results as the roles leave them: what a job of a controller ends with."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import CHECKOUT

SAME = {"changed": False}
DRIFTED = {"changed": True, "diff": [{"before_header": "mysql_users (memory, disk)"}]}


def end_of_site(
    installed: Path, folder: Path, drift: str, joined: dict[str, Any], *options: str
) -> tuple[int, str]:
    play = yaml.safe_load((CHECKOUT / "playbooks/site.yml").read_text(encoding="utf-8"))[-1]
    (folder / "vars").mkdir()
    shutil.copy(CHECKOUT / "playbooks/vars/site.yml", folder / "vars")
    (folder / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    hosts = {
        host: {"ansible_connection": "local", **({"__proxysql_joined": result} if result else {})}
        for host, result in joined.items()
    }
    group = {"proxysql_core": {"hosts": hosts}, "proxysql_satellite": {"hosts": {}}}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": group}}), encoding="utf-8")
    planned = {"results": [{"item": {"playbook": {"drift": drift}, "instances": [], "run": "run-1"}}]}
    (folder / "planned.json").write_text(json.dumps({"__proxysql_planned": planned}), encoding="utf-8")
    done = subprocess.run(
        ["ansible-playbook", "-i", "hosts.yml", "-e", "@planned.json", *options, "play.yml"],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "ANSIBLE_COLLECTIONS_PATH": str(installed),
            "ANSIBLE_SHOW_CUSTOM_STATS": "1",
            "ANSIBLE_NOCOLOR": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("joined", "line"), [
    ({"core1": SAME, "core2": DRIFTED}, "core2: mysql_users (memory, disk)"),
    ({"core1": SAME, "core2": None}, "core2: not compared"),
    ({"core1": SAME, "core2": {"skipped": True, "changed": False}}, "core2: not compared"),
])  # fmt: skip
def test_a_job_that_looks_for_drift_fails_for_it_and_says_where(
    installed: Path, tmp_path: Path, joined: dict[str, Any], line: str
) -> None:
    status, output = end_of_site(installed, tmp_path, "fail", joined, "--check")
    assert status == 2 and line in output, output
    assert "core1:" not in output[output.index("Not as declared") :].partition("PLAY RECAP")[0]


def test_what_is_as_declared_fails_nothing(installed: Path, tmp_path: Path) -> None:
    status, output = end_of_site(installed, tmp_path, "fail", {"core1": SAME}, "--check")
    assert status == 0, output


@pytest.mark.parametrize(("drift", "options"), [("report", ["--check"]), ("fail", [])])
def test_a_run_that_only_reports_or_that_has_mended_it_does_not_fail(
    installed: Path, tmp_path: Path, drift: str, options: list[str]
) -> None:
    status, output = end_of_site(installed, tmp_path, drift, {"core1": DRIFTED}, *options)
    assert status == 0, output
    # the artifact of the job has it all the same
    assert "mysql_users (memory, disk)" in output
    # and so has it who has changed it, as the journal of the node
    changes = re.search(r'"proxysql_changes": {(.*?)}', output, re.DOTALL)
    assert changes and re.search(r"core1.*run-1 by \S+ wrote mysql_users \(memory, disk\)", changes[1])
