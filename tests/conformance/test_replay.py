"""Every recorded answer of the real server, asked again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from rules import Rules
from runner import SCRIPTS, TRANSCRIPTS, release_of, run, transcript_path
from script import parse
from server import Server

NAMED = {name: os.environ.get(name, "") for name in ("PROXYSQL_BIN", "PROXYSQL3_BIN")}

# What the emulator of 3.0 does not do.
NOT_PLAYED = {"pause": "3.0.3 answers a second PAUSE three times and is out of step afterwards"}


def target_real(name: str = "PROXYSQL_BIN") -> str:
    if not NAMED[name]:
        pytest.skip(f"{name} is not set: replayed on the emulator only")
    return NAMED[name]


def version_of(binary: str) -> str:
    return subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("target", ["emulator", "emulator3", "real", "real3"])
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_replay(path: Path, target: str) -> None:
    script = parse(path)
    release, binary = ("3.0" if target.endswith("3") else "2.7"), ""
    if target.startswith("real"):
        binary = target_real("PROXYSQL3_BIN" if target == "real3" else "PROXYSQL_BIN")
        release = release_of(version_of(binary))
    if release < script.since:
        pytest.skip(f"of ProxySQL {script.since} and newer: {script.name}")
    transcript = transcript_path(script, release)
    if target == "emulator3" and transcript.parent == TRANSCRIPTS and script.since == "2.7":
        pytest.skip("3.0 answers as 2.7 does, which the emulator of that release is asked")
    if target == "emulator3" and script.name in NOT_PLAYED:
        pytest.skip(f"not played by the emulator: {NOT_PLAYED[script.name]}")
    recorded = json.loads(transcript.read_text(encoding="utf-8"))["steps"]
    answers = run(script, binary, release)
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
    recorded = {path.stem for path in TRANSCRIPTS.rglob("*.json")}
    assert recorded == {path.stem for path in SCRIPTS}


def test_a_port_is_named_only_where_it_is_the_whole_number() -> None:
    rules = Rules({"10485": "{node.port}"})
    assert rules.text("127.0.0.1:10485, 104857600, F10485") == "127.0.0.1:{node.port}, 104857600, F10485"
