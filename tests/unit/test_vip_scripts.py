"""proxysql-state and proxysql-notify, which tell keepalived of ProxySQL and us of keepalived: what
they write and say, and that the stories below run each line of them."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import vip_host
import yaml
from vip_host import SCRIPTS, Host, lines_run, lines_with_commands


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return vip_host.rendered(tmp_path_factory.mktemp("templates"), {"notify": [f"{vip_host.ROOM}/bin/told"]})


def test_all_templates_at_once_are_what_each_is_alone(texts: dict[str, str]) -> None:
    """One that differed would be taken for changed in each run."""
    together = yaml.safe_load(texts["all.yml"])
    assert {name: f"{text}\n" for name, text in together.items()} == {
        name: text for name, text in texts.items() if name != "all.yml"
    }


def proxysql_comes_and_goes(host: Host) -> None:
    assert host.state("up") == "" and host.proxysql() == "0"
    assert host.shown()["files"]["proxysql"] == {"value": 0, "why": "ProxySQL is up"}
    host.state("down", 'stopped "by" \\ hand\nand more')
    assert host.proxysql() == "-254"
    assert host.shown()["files"]["proxysql"] == {"value": -254, "why": 'stopped "by" \\ hand'}
    host.state("down")
    assert host.shown()["files"]["proxysql"]["why"] == "ProxySQL is down"


def keepalived_starts(host: Host) -> None:
    """It believes systemd, but not one that says nothing or is not done."""
    assert host.proxysql() == "-254"
    host.systemd("activating")
    host.state("auto")
    assert host.shown()["files"]["proxysql"] == {"value": -254, "why": "ProxySQL is starting"}
    host.systemd("active")
    host.state("auto")
    assert host.proxysql() == "0"
    for nothing_new in ("activating", ""):
        host.systemd(nothing_new)
        host.state("auto")
        assert host.proxysql() == "0"
    host.systemd("failed")
    host.state("auto")
    assert host.shown()["files"]["proxysql"] == {"value": -254, "why": "ProxySQL is not running"}


def each_purpose_has_a_number_of_its_own(host: Host) -> None:
    assert host.state("prefer", "-254", "maintenance", "maintenance") == "changed"
    assert host.state("prefer", "-56", "switchover to core2", "switchover") == "changed"
    assert host.state("prefer", "-62", "restart", "restart") == "changed"
    assert host.state("prefer", "-5") == "changed"
    assert host.state("prefer", "0", "as declared", "restart") == "changed"
    assert host.state("prefer", "-254", "again", "maintenance") == "unchanged"
    files = host.shown()["files"]
    assert files["maintenance"] == {"value": -254, "why": "maintenance"}
    assert files["switchover"] == {"value": -56, "why": "switchover to core2"}
    assert files["restart"] == {"value": 0, "why": "as declared"}
    assert files["preference"] == {"value": -5, "why": "set by hand"}
    assert not (host.lasting / "restart").exists()  # a reboot ends it


def priorities_that_have_changed(host: Host) -> None:
    """Who was set back stays behind the others, with a number that is enough; others keep theirs."""
    host.state("prefer", "-20", "switchover to core2", "switchover")
    host.state("prefer", "-20", "restart", "restart")
    host.state("prefer", "-5", "by hand")
    host.state("auto", "reload")
    files = host.shown()["files"]
    assert files["switchover"] == {"value": -56, "why": "switchover to core2"}
    assert files["restart"] == {"value": -62, "why": "restart"}
    assert files["preference"]["value"] == -5
    for number in ("-60", "-254", "0"):
        host.state("prefer", number, "x", "switchover")
        host.state("auto", "reload")
        assert host.shown()["files"]["switchover"]["value"] == int(number)


def what_would_be_done(host: Host) -> None:
    assert host.state("prefer", "-56", "x", "switchover", "--check") == "changed"
    assert host.shown()["files"]["switchover"]["value"] == 0
    assert host.state("prefer", "0", "x", "switchover", "--check") == "unchanged"
    assert not list(host.lasting.glob("*.why"))


def nonsense(host: Host) -> None:
    for arguments in (
        ["prefer"],
        ["prefer", "five", "x"],
        ["prefer", "-", "x"],
        ["prefer", "0", "x", "fun"],
        ["?"],
        [],
    ):
        done = host.call("proxysql-state", *arguments)
        assert done.returncode == 2 and done.stderr, arguments
    assert "outlive a reboot" in host.call("proxysql-state").stderr
    assert not list(host.lasting.glob("*.why"))


def instances_that_were_renamed(host: Host) -> None:
    """Nobody believes what they left; of the new ones all is known at once."""
    host.stand_in("told", "")
    for name in ("old", "proxysql"):
        for file in (f"{name}.state", f".{name}.count"):
            (host.run_dir / "keepalived" / file).write_text("MASTER\n" if "state" in file else "7\n")
    host.has("192.0.2.101")
    assert host.shown()["instances"] == {"proxysql": "MASTER", "second": ""}
    host.state("auto", "reload")
    assert host.shown()["instances"] == {"proxysql": "MASTER", "second": "MASTER"}
    assert host.shown()["addresses"] == ["192.0.2.101"]
    assert host.shown()["vips"] == ["192.0.2.100", "192.0.2.101"]
    assert host.shown()["cores"] == ["192.0.2.11", "o'neill"]
    assert sorted(path.name for path in (host.run_dir / "keepalived").iterdir()) == [
        ".lock",
        ".proxysql.count",
        ".second.began",
        ".second.count",
        "proxysql.state",
        "proxysql_vip.prom",
        "second.state",
    ]
    assert (host.room / "as-user").read_text().splitlines() == [
        f"{host.room}/proxysql-notify INSTANCE second MASTER"
    ]
    (host.run_dir / "keepalived/second.state").unlink()
    host.has()
    host.state("auto", "reload")
    assert host.shown()["instances"]["second"] == "BACKUP"


def folders_that_are_not_there(host: Host) -> None:
    (host.run_dir / "lock").rmdir()
    host.state("down", "x")
    assert host.proxysql() == "-254" and (host.run_dir / "lock/lock").exists()


def a_file_can_not_be_replaced(host: Host) -> None:
    """Then the number goes over the old one, which is longer or shorter."""
    host.state("up")
    host.stand_in("mv", "exit 1")
    host.state("down", "x")
    assert host.shown()["files"]["proxysql"] == {"value": -254, "why": "x"}
    host.state("up")
    assert host.shown()["files"]["proxysql"] == {"value": 0, "why": "ProxySQL is up"}
    assert not list(host.run_dir.glob("*.new"))
    (host.lasting / "switchover").unlink()
    done = host.call("proxysql-state", "prefer", "-56", "x", "switchover")
    assert done.returncode != 0 and "changed" not in done.stdout


def keepalived_moves(host: Host) -> None:
    host.stand_in("told", 'echo "$*" >>"$ROOM/programs"')
    host.state("up")
    host.notify("proxysql", "BACKUP")
    host.notify("proxysql", "MASTER")
    host.state("down", "ProxySQL is not running")
    host.state("prefer", "-56", "switchover to core2", "switchover")
    host.notify("proxysql", "FAULT")
    host.state("up")
    host.state("prefer", "0", "as declared", "switchover")
    host.notify("second", "FAULT")
    host.notify("proxysql", "STOP")
    # what comes after "-- instance "
    assert [line[12:].replace(", priority 250", "") for line in host.journal()] == [
        "proxysql: nothing -> BACKUP: a host of higher priority speaks, or this one has just begun",
        "proxysql: BACKUP -> MASTER: this host is healthy, and no better one speaks",
        "proxysql: MASTER -> FAULT: ProxySQL is not running (-254); switchover to core2 (-56)",
        "second: nothing -> FAULT: keepalived says why, in the lines above",
        "proxysql: FAULT -> STOP: keepalived is being stopped",
    ]
    assert (host.room / "programs").read_text().splitlines()[
        -1
    ] == "proxysql STOP 250 keepalived is being stopped"


def metrics(host: Host) -> None:
    """Of the instances that there are, and for everybody, whatever umask keepalived has."""
    host.stand_in("told", "")
    (host.run_dir / "keepalived/old.state").write_text("MASTER\n")
    program = host.room / "masked"
    program.write_text('#!/bin/sh\numask 077\nexec "$@"\n')
    program.chmod(0o755)
    done = host.call("proxysql-notify", "INSTANCE", "proxysql", "MASTER", "250", before=(str(program),))
    assert done.returncode == 0
    file = host.run_dir / "keepalived/proxysql_vip.prom"
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    rows = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    assert 'proxysql_vip_state{vrrp_instance="proxysql",state="MASTER"} 1' in rows
    assert 'proxysql_vip_state{vrrp_instance="second",state="MASTER"} 0' in rows
    assert 'proxysql_vip_transitions_total{vrrp_instance="proxysql"} 1' in rows
    assert not [line for line in rows if '"old"' in line]
    assert [line.split("{")[0] for line in rows].count("proxysql_vip_last_transition_timestamp_seconds") == 1


def the_last_to_begin_is_believed(host: Host) -> None:
    """On a busy host an older call ends after a newer one."""
    host.stand_in("told", "")
    host.notify("proxysql", "BACKUP")
    newest = (host.run_dir / "keepalived/.proxysql.began").read_text()
    # as if it had begun later than the next one
    (host.run_dir / "keepalived/.proxysql.began").write_text(f"{int(newest) + 10**12}\n")
    host.notify("proxysql", "MASTER")
    assert (host.run_dir / "keepalived/proxysql.state").read_text() == "BACKUP\n"
    rows = (host.run_dir / "keepalived/proxysql_vip.prom").read_text().splitlines()
    assert 'proxysql_vip_state{vrrp_instance="proxysql",state="BACKUP"} 1' in rows
    assert 'proxysql_vip_transitions_total{vrrp_instance="proxysql"} 2' in rows
    assert len(host.journal()) == 2, "it is told all the same"


def an_instance_that_a_reload_took_away(host: Host) -> None:
    """keepalived tells that it failed, after everything of it was removed."""
    host.stand_in("told", "")
    host.notify("gone", "FAULT")
    host.notify("proxysql", "MASTER")
    left = {path.name for path in (host.run_dir / "keepalived").iterdir() if "gone" in path.name}
    assert left == set() and len(host.journal()) == 2


STORIES: list[Callable[[Host], None]] = [
    proxysql_comes_and_goes,
    keepalived_starts,
    each_purpose_has_a_number_of_its_own,
    priorities_that_have_changed,
    what_would_be_done,
    nonsense,
    instances_that_were_renamed,
    folders_that_are_not_there,
    a_file_can_not_be_replaced,
    keepalived_moves,
    metrics,
    the_last_to_begin_is_believed,
    an_instance_that_a_reload_took_away,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_story(story: Callable[[Host], None], texts: dict[str, str], tmp_path: Path) -> None:
    story(Host(tmp_path, texts))


def test_the_stories_run_each_line(texts: dict[str, str], tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    for story in STORIES:
        (tmp_path / story.__name__).mkdir()
        host = Host(tmp_path / story.__name__, texts, trace)
        story(host)
    for script in SCRIPTS:
        never = lines_with_commands(texts[script]) - lines_run(trace, script)
        shown = [f"{script}:{number}: {texts[script].splitlines()[number - 1]}" for number in sorted(never)]
        assert shown == []


def test_a_line_that_nothing_runs_is_found(tmp_path: Path) -> None:
    script = "if false; then\n    echo never \\\n      more\nfi\ncase x in\n  y) ;;\n  x) echo now ;;\nesac\n"
    host = Host(
        tmp_path / "host",
        {"proxysql-state": script, "proxysql-notify": "", "proxysql-vip.conf": ""},
        tmp_path / "trace",
    )
    host.call("proxysql-state")
    assert lines_with_commands(script) - lines_run(tmp_path / "trace", "proxysql-state") == {2}


def test_keepalived_watches_what_is_shown(texts: dict[str, str], tmp_path: Path) -> None:
    conf = texts["keepalived.conf"]
    shown = json.loads(Host(tmp_path, texts).state("show"))["files"]
    watched = [line.split()[1] for line in conf.splitlines() if line.startswith("track_file ")]
    assert watched == list(shown) and len(watched) == 8
    for line in (line for line in conf.splitlines() if line.strip().startswith("file ")):
        assert f"\nf {line.split()[1]} 0644 " in texts["proxysql-vip.conf"], line


@pytest.mark.parametrize(
    "story", [proxysql_comes_and_goes, keepalived_starts, each_purpose_has_a_number_of_its_own]
)
def test_a_core_behind_a_load_balancer_has_no_instance(
    story: Callable[[Host], None], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nobody = {"__keepalived_instances": [], "__keepalived_addresses": []}
    host = Host(tmp_path / "host", vip_host.rendered(tmp_path_factory.mktemp("balanced"), **nobody))
    story(host)
    assert host.shown()["addresses"] == [] and host.shown()["instances"] == {}
