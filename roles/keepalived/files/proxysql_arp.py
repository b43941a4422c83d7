"""Who answers for an address of IPv4? Asked by ARP, as a host asks before it takes one (RFC 5227).

Usage: proxysql_arp.py INTERFACE=ADDRESS...

Prints, as JSON, the MAC of who answered, by address. The question comes from no address of IPv4, so that
nobody's table of neighbours is changed by it.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time

ARP = 0x0806
_ETHERNET = 1
_LAYOUT = struct.Struct("!6s6sHHHBBH6s4s6s4s")
# Three questions, and as long as a busy host of the same network may need for an answer.
_QUESTIONS, _SECONDS = 3, 0.4


def question(mac: bytes, address: str) -> bytes:
    """An Ethernet frame for all: who has the address?"""
    nobody, nowhere, wanted = bytes(6), bytes(4), socket.inet_aton(address)
    return _LAYOUT.pack(b"\xff" * 6, mac, ARP, 1, 0x0800, 6, 4, 1, mac, nowhere, nobody, wanted)


def speaker(frame: bytes, address: str, own: bytes) -> str:
    """The MAC of a frame in which another host says that it has the address, or an empty text."""
    if len(frame) < _LAYOUT.size:
        return ""
    fields = _LAYOUT.unpack_from(frame)
    kind, hardware, protocol = fields[2:5]
    mac, source = fields[8:10]
    says = (kind, hardware, protocol) == (ARP, 1, 0x0800) and source == socket.inet_aton(address)
    return mac.hex(":") if says and mac != own else ""


def ask(interface: str, address: str) -> str | None:
    """The MAC of who answers, or None. Raises OSError where nobody can be asked."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ARP)) as link:
        link.bind((interface, ARP))
        _name, _kind, _packet, hardware, own = link.getsockname()
        if hardware != _ETHERNET:
            return None
        for _number in range(_QUESTIONS):
            link.send(question(own, address))
            deadline = time.monotonic() + _SECONDS
            while (left := deadline - time.monotonic()) > 0:
                link.settimeout(left)
                try:
                    found = speaker(link.recv(1500), address, own)
                except socket.timeout:
                    break
                if found:
                    return found
    return None


def main(arguments: list[str]) -> int:
    found = {}
    for argument in arguments:
        interface, _equals, address = argument.rpartition("=")
        try:
            mac = ask(interface, address)
        except OSError as error:
            print(f"{argument}: {error}", file=sys.stderr)
            continue
        if mac:
            found[address] = mac
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
