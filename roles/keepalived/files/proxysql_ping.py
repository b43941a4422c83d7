"""Echo requests of the watcher, proxysql-watch: who has answered since they were sent."""

from __future__ import annotations

import os
import select
import socket
import struct
from typing import Any


class Pinger:
    """Echo requests to some addresses; heard() tells who has answered since."""

    def __init__(self, targets: list[str]) -> None:
        self._sockets: dict[int, tuple[socket.socket, bool]] = {}
        self._targets: list[tuple[int, Any]] = []
        self._number = 0
        for target in targets:
            try:
                found = socket.getaddrinfo(target, None)[0]
                family, address = found[0], found[4]
                if family not in self._sockets:
                    self._sockets[family] = self._open(family)
                self._targets.append((family, address))
            except OSError as problem:
                print(f"network: cannot ping {target}: {problem}", flush=True)

    @staticmethod
    def _open(family: int) -> tuple[socket.socket, bool]:
        protocol = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.getprotobyname("ipv6-icmp")
        try:
            opened, raw = socket.socket(family, socket.SOCK_DGRAM, protocol), False
        except PermissionError:
            opened, raw = socket.socket(family, socket.SOCK_RAW, protocol), True
        opened.setblocking(False)
        return opened, raw

    def send(self) -> None:
        self._number = (self._number + 1) % 65536
        for family, address in self._targets:
            kind = 8 if family == socket.AF_INET else 128
            packet = struct.pack("!BBHHH", kind, 0, 0, os.getpid() % 65536, self._number)
            packet = packet[:2] + struct.pack("!H", _checksum(packet)) + packet[4:]
            try:
                self._sockets[family][0].sendto(packet, address)
            except OSError:
                continue  # not reachable: no answer will come

    def heard(self) -> set[str]:
        found: set[str] = set()
        while True:
            ready = select.select([opened for opened, raw in self._sockets.values()], [], [], 0)[0]
            if not ready:
                return found
            for opened in ready:
                try:
                    packet, sender = opened.recvfrom(1024)
                except OSError:
                    continue
                if self._is_answer(opened, packet):
                    found.add(sender[0])

    def _is_answer(self, opened: socket.socket, packet: bytes) -> bool:
        raw = self._sockets[opened.family][1]
        if raw and opened.family == socket.AF_INET:
            packet = packet[(packet[0] & 15) * 4 :]
        if len(packet) < 8 or packet[0] not in (0, 129):
            return False
        return not raw or struct.unpack("!H", packet[4:6])[0] == os.getpid() % 65536


def _checksum(packet: bytes) -> int:
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 65535)
    return ~(total + (total >> 16)) & 65535
