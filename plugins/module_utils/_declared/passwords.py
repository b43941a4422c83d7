# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Does this stored form belong to this clear password?

ProxySQL (2.7.1) keeps the password of a row of mysql_users as it was written: clear, as mysql_native_password
(``*`` and 40 hex digits) or as caching_sha2_password (``$A$005$``, a salt of 20 bytes, 43
characters). A salt is random, so a clear password declared again must be verified against
what is stored, not hashed anew and compared.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from functools import lru_cache

_NATIVE = re.compile(r"\*[0-9A-Fa-f]{40}\Z")
_SHA2 = re.compile(rb"\$A\$([0-9A-Fa-f]{3})\$(.{20})(.{43})\Z", re.DOTALL)
# As MySQL prints a hash of caching_sha2_password with print_identified_with_as_hex: $A$, and so on.
_SHA2_AS_HEX = re.compile(r"0x244124[0-9A-Fa-f]{134}\Z")
_ALPHABET = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# The order in which sha256-crypt writes the 32 bytes of its digest, three at a time.
_ORDER = (
    (0, 10, 20), (21, 1, 11), (12, 22, 2), (3, 13, 23), (24, 4, 14),
    (15, 25, 5), (6, 16, 26), (27, 7, 17), (18, 28, 8), (9, 19, 29),
)  # fmt: skip


def is_hash(text: str) -> bool:
    """Whether ProxySQL takes the text for a hash; anything else is a clear password."""
    return bool(_NATIVE.match(text) or _SHA2.match(_bytes(text)))


def lets_nobody_in(text: str) -> bool:
    """A hash of caching_sha2_password by another number of rounds than ProxySQL computes (2.7.1, 3.0.3)."""
    parts = _SHA2.match(_bytes(text))
    return parts is not None and parts[1] != b"005"


# One password is asked about for each layer, and a salted one takes thousands of rounds.
@lru_cache(maxsize=4096)
def verify(clear: str, stored: str) -> bool:
    """Whether a login with ``clear`` passes against ``stored``, in any of its forms."""
    if _NATIVE.match(stored):
        return hmac.compare_digest(native(clear), stored.upper())
    parts = _SHA2.match(_bytes(stored))
    if parts is None:
        return hmac.compare_digest(_bytes(clear), _bytes(stored))
    if lets_nobody_in(stored):
        return False
    thousands, salt, digest = parts.groups()
    return hmac.compare_digest(_sha256_crypt(_bytes(clear), salt, int(thousands, 16) * 1000), digest)


def native(clear: str) -> str:
    """The mysql_native_password form: SHA1 of SHA1."""
    return "*" + hashlib.sha1(hashlib.sha1(_bytes(clear)).digest()).hexdigest().upper()


def salted(clear: str) -> str:
    """A form of caching_sha2_password, with a salt of its own each time."""
    salt = bytes(secrets.choice(_ALPHABET) for _each in range(20))
    return f"$A$005${salt.decode()}{_sha256_crypt(_bytes(clear), salt, 5000).decode()}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _sha256_crypt(password: bytes, salt: bytes, rounds: int) -> bytes:
    """The 43 characters of SHA-crypt with SHA-256 (U. Drepper's specification, steps 1 to 22)."""
    sha256 = hashlib.sha256
    size = len(password)
    other = sha256(password + salt + password).digest()
    start = sha256(password + salt + _stretch(other, size))
    bits = size
    while bits:
        start.update(other if bits & 1 else password)
        bits >>= 1
    digest = start.digest()
    p = _stretch(sha256(password * size).digest(), size)
    s = _stretch(sha256(salt * (16 + digest[0])).digest(), len(salt))
    for turn in range(rounds):
        message = p if turn & 1 else digest
        if turn % 3:
            message += s
        if turn % 7:
            message += p
        digest = sha256(message + (digest if turn & 1 else p)).digest()
    groups = [(digest[a] << 16 | digest[b] << 8 | digest[c], 4) for a, b, c in _ORDER]
    groups.append((digest[31] << 8 | digest[30], 3))
    return b"".join(_characters(value, count) for value, count in groups)


def _stretch(digest: bytes, size: int) -> bytes:
    return (digest * (size // len(digest) + 1))[:size]


def _characters(value: int, count: int) -> bytes:
    return bytes(_ALPHABET[value >> 6 * place & 63] for place in range(count))


def from_hex(text: str) -> str:
    """A password hash whose salt is no text may be given as hexadecimal."""
    return bytes.fromhex(text[2:]).decode("utf-8", "surrogateescape") if _SHA2_AS_HEX.match(text) else text


def to_hex(text: str) -> str:
    """The same the other way round, where it must be: Ansible passes on nothing but text."""
    data = text.encode("utf-8", "surrogateescape")
    return text if text.isprintable() or len(data) != 70 else "0x" + data.hex().upper()
