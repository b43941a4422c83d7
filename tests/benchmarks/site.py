"""An unchanged run of playbooks/site.yml, against gathering facts and as many pings.

    make demo
    python tests/benchmarks/site.py .cache/lab/demo/inventory [--repeats 5] [--mitogen FOLDER] [--keep]

Over ssh, plain and with pipelining, and with mitogen if FOLDER is where its plugins are
(.../site-packages/ansible_mitogen/plugins/strategy). Runs take turns; wall times are medians.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import figures
import yaml
from checkout import CHECKOUT, tree

SITE = CHECKOUT / "playbooks/site.yml"
RECAP = re.compile(r"^(\S+) +: ok=(\d+) +changed=(\d+) +unreachable=0 +failed=0 +skipped=(\d+)", re.MULTILINE)


def play(
    inventory: Path, playbook: Path, settings: dict[str, str]
) -> tuple[float, dict[str, tuple[int, ...]]]:
    """Seconds, and by host the tasks that ran, those that changed something and those skipped."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(tree()), "ANSIBLE_NOCOLOR": "1", **settings}
    program = Path(sys.executable).with_name("ansible-playbook")
    began = time.monotonic()
    done = subprocess.run(
        [str(program), "--inventory", str(inventory), str(playbook)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    took = time.monotonic() - began
    if done.returncode:
        sys.exit(f"{playbook}:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    return took, {match[1]: tuple(map(int, match.groups()[1:])) for match in RECAP.finditer(done.stdout)}


def pings(counts: dict[str, tuple[int, ...]]) -> list[dict[str, object]]:
    """Plays with as many tasks on each host as it had, gathering facts among them."""
    steps = sorted({count[0] for count in counts.values()})
    plays: list[dict[str, object]] = []
    for number, (before, upto) in enumerate(zip([1, *steps], steps)):
        plays.append(
            {
                "hosts": [host for host, count in counts.items() if count[0] >= upto],
                "gather_facts": number == 0,
                "become": True,
                "tasks": [{"ansible.builtin.ping": {}} for _ in range(upto - before)],
            }
        )
    return plays


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("inventory", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--mitogen", type=Path)
    parser.add_argument("--keep", action="store_true", help="for README and guides")
    given = parser.parse_args()
    rows = []
    ways = {"ssh": {"ANSIBLE_PIPELINING": "0"}, "ssh, pipelining": {"ANSIBLE_PIPELINING": "1"}}
    if given.mitogen:
        ways["mitogen"] = {
            "ANSIBLE_STRATEGY_PLUGINS": str(given.mitogen),
            "ANSIBLE_STRATEGY": "mitogen_linear",
            # it does not read the options for ssh that the lab's inventory has
            "ANSIBLE_HOST_KEY_CHECKING": "False",
        }
    counts = play(given.inventory, SITE, ways["ssh, pipelining"])[1]
    if any(changed for _ok, changed, _skipped in counts.values()):
        counts = play(given.inventory, SITE, ways["ssh, pipelining"])[1]
    for host, (ok, changed, skipped) in counts.items():
        print(f"{host}: {ok} tasks, {changed} changed, {skipped} skipped")
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "pings.yml"
        other.write_text(yaml.safe_dump(pings(counts)), encoding="utf-8")
        for name, settings in ways.items():
            ours, theirs = [], []
            for _ in range(given.repeats):
                theirs.append(play(given.inventory, other, settings)[0])
                took, counts = play(given.inventory, SITE, settings)
                ours.append(took)
                if any(changed for _ok, changed, _skipped in counts.values()):
                    print(f"not unchanged: {counts}", flush=True)
            first, second = statistics.median(ours), statistics.median(theirs)
            rows.append({"way": name, "ours": first, "pings": second})
            print(
                f"{name}: site.yml {first:.1f} s (up to {max(ours):.1f}), facts and pings {second:.1f} s"
                f" (up to {max(theirs):.1f}), ratio {first / second:.2f}; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    if given.keep:
        tasks = ", ".join(f"{ok} on {host}" for host, (ok, _changed, _skipped) in counts.items())
        note = f"medians of {given.repeats}; tasks: {tasks}"
        figures.keep("site", rows, "the hosts of the inventory", note=note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
