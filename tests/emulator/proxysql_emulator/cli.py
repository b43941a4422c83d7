"""The command line of ProxySQL, as far as an administrator uses it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from . import BANNER, VERSION
from .config_file import ConfigFile
from .instance import Instance

log = logging.getLogger("proxysql")


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("proxysql", description=f"{BANNER} (not ProxySQL itself)")
    add = parser.add_argument
    add("-f", "--foreground", action="store_true", help="stay in the foreground, log to stderr")
    add("-c", "--config", type=Path, default=Path("/etc/proxysql.cnf"), help="configuration file")
    add("-D", "--datadir", type=Path, help="where proxysql.db lies")
    add("--initial", action="store_true", help="forget proxysql.db, read the configuration file")
    add("-e", "--exit-on-error", action="store_true", help="accepted: there is no second process")
    add("--idle-threads", action="store_true", help="accepted")
    add("--no-version-check", action="store_true", help="accepted: nothing is asked anywhere")
    add("-M", "--no-monitor", action="store_true", help="do not watch read_only")
    add("-V", "--version", action="version", version=BANNER)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        config = ConfigFile(options.config) if options.config.exists() else None
    except Exception as error:  # libconf raises several kinds for a file it cannot read
        print(f"Parse error at {options.config}: {error}", file=sys.stderr)
        return 1
    datadir = options.datadir or Path((config and config.text("datadir")) or "/var/lib/proxysql")
    if not datadir.is_dir():
        print(f"Data directory {datadir} does not exist", file=sys.stderr)
        return 1
    errorlog = (config and config.text("errorlog")) or str(datadir / "proxysql.log")
    pidfile = Path((config and config.text("pidfile")) or datadir / "proxysql.pid")
    ready = None if options.foreground else _daemonise(Path(errorlog))
    _log_to_stderr()
    log.info("%s", BANNER)
    log.warning("This is the emulator %s, a stand-in for tests. It is not ProxySQL.", VERSION)
    if config is None:
        log.warning("Configuration file %s not found", options.config)
    asyncio.run(_run(options, config, datadir, pidfile, ready))
    return 0


async def _run(
    options: argparse.Namespace,
    config: ConfigFile | None,
    datadir: Path,
    pidfile: Path,
    ready: int | None,
) -> None:
    instance = Instance(datadir, config, options.initial, not options.no_monitor)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, instance.stop)
    await instance.listen()
    if ready is not None:
        pidfile.write_text(f"{os.getpid()}\n")
        os.write(ready, b"1")
    await instance.run()
    if ready is not None:
        pidfile.unlink(missing_ok=True)
    # A thread that waits for a peer's answer must not hold up the end.
    os._exit(0)


def _daemonise(errorlog: Path) -> int:
    """Go on in a child. The parent ends when the child is ready, as systemd wants it."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        os._exit(0 if os.read(reading, 1) else 1)
    os.close(reading)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    output = os.open(errorlog, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    return writing


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s [%(levelname)s] %(message)s", "%Y-%m-%d %H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
