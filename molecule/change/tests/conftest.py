"""What the scenarios share is in molecule/shared."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared"))

from fixtures import cluster, pytest_terminal_summary  # noqa: E402, F401
