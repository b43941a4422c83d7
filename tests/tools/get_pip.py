"""Stands in for get-pip.py in the cache of ansible-test.

The original carries pip inside and is downloaded; Python has pip inside as well
(ensurepip), and from there the wanted version comes from the package index.
"""

from __future__ import annotations

import subprocess
import sys

if __name__ == "__main__":
    subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
    # "--no-setuptools" and "--no-wheel" are get-pip's own options.
    wanted = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
    subprocess.run([sys.executable, "-m", "pip", "install", *wanted], check=True)
