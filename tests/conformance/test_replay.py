"""Every recorded answer of the real server, asked again."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import yaml
from rules import Rules
from runner import SCRIPTS, run, transcript_path
from script import parse
from server import Server

REAL = os.environ.get("PROXYSQL_BIN", "")


def target_real() -> str:
    if not REAL:
        pytest.skip("PROXYSQL_BIN is not set: replayed on the emulator only")
    return REAL


@pytest.mark.parametrize("target", ["emulator", "real"])
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_replay(path: Path, target: str) -> None:
    script = parse(path)
    recorded = json.loads(transcript_path(script).read_text(encoding="utf-8"))["steps"]
    answers = run(script, target_real() if target == "real" else "")
    for number, (answer, expected) in enumerate(zip(answers, recorded), 1):
        assert answer == expected, f"step {number} of {script.name}"
    assert len(answers) == len(recorded), "the script has changed: record it again"


@pytest.mark.parametrize("target", ["emulator", "real"])
def test_no_server_of_a_test_asks_for_the_newest_version(target: str) -> None:
    with Server(binary=target_real() if target == "real" else "") as server:
        assert server.process is not None
        # Of the real one this is the angel, whose worker has the same command line.
        line = Path(f"/proc/{server.process.pid}/cmdline").read_bytes().split(b"\0")
    assert b"--no-version-check" in line


def test_nor_does_one_of_a_host_in_the_lab() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "lab"))
    from labkit.package import Package, inventory

    for package in (Package(None, "2.7.1", ""), Package(Path("/x.deb"), "2.7.1", "")):
        wanted = yaml.safe_load(inventory(package))["all"]["vars"]
        assert "--no-version-check" in wanted["proxysql_options"]


def test_every_transcript_has_its_script() -> None:
    recorded = {path.stem for path in (Path(__file__).parent / "transcripts").glob("*.json")}
    assert recorded == {path.stem for path in SCRIPTS}


def test_a_port_is_named_only_where_it_is_the_whole_number() -> None:
    rules = Rules({"10485": "{node.port}"})
    assert rules.text("127.0.0.1:10485, 104857600, F10485") == "127.0.0.1:{node.port}, 104857600, F10485"
