"""Where each second of a playbook goes: all of it is accounted for, and to the right task."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import profiled  # noqa: E402


def test_every_second_is_somewhere(tmp_path: Path) -> None:
    plays = [
        {
            "name": name,
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {"name": f"Quick of {name}", "ansible.builtin.meta": "noop"},
                {"name": "Slow", "ansible.builtin.pause": {"seconds": 1}},
            ],
        }
        for name in ("one", "other")
    ]
    (tmp_path / "two.yml").write_text(json.dumps(plays), encoding="utf-8")
    took, spent, said = profiled.profiled(["-i", "localhost,", str(tmp_path / "two.yml")], {})
    assert "failed=0" in said
    found = dict(spent)
    assert sum(found.values()) == pytest.approx(took)
    # both plays' together
    assert 2 <= found["Slow"] < took
    assert found["what is before the first task"] > 0.1
    rows = profiled.table(took, spent, 1).splitlines()
    assert rows[-1] == f"| all | {took:.2f} | 100% |" and " others | " in rows[-2]


def test_what_does_not_begin_is_told(tmp_path: Path) -> None:
    (tmp_path / "none.yml").write_text("- nonsense", encoding="utf-8")
    with pytest.raises(RuntimeError, match="(?s)."):
        profiled.profiled(["-i", "localhost,", str(tmp_path / "none.yml")], {})
