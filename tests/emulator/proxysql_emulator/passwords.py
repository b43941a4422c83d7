"""The two password functions of the admin interface."""

from __future__ import annotations

import hashlib
import secrets

_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ROUNDS = 5000
_SALT_CHARS = bytes(c for c in range(1, 128) if c not in b"$\0")


def native(clear: bytes) -> str:
    return "*" + hashlib.sha1(hashlib.sha1(clear).digest()).hexdigest().upper()


def native_hash_of(stored: bytes) -> str:
    """SHA1(SHA1(password)) in hex, whether the password is stored in clear or hashed."""
    if len(stored) == 41 and stored.startswith(b"*"):
        return stored[1:].decode("ascii", "replace").lower()
    return hashlib.sha1(hashlib.sha1(stored).digest()).hexdigest()


def caching_sha2(clear: bytes, salt: bytes | None = None) -> bytes:
    if salt is None:
        salt = bytes(secrets.choice(_SALT_CHARS) for _ in range(20))
    return b"$A$005$" + salt + _sha256_crypt(clear, salt)


def _repeat(block: bytes, length: int) -> bytes:
    return (block * (length // len(block) + 1))[:length] if length else b""


def _sha256_crypt(key: bytes, salt: bytes) -> bytes:
    """SHA-crypt (Drepper, 2007), the 43 characters of its digest."""
    sha = hashlib.sha256
    other = sha(key + salt + key).digest()
    start = key + salt + _repeat(other, len(key))
    length = len(key)
    while length:
        start += other if length & 1 else key
        length >>= 1
    digest = sha(start).digest()
    p = _repeat(sha(key * len(key)).digest(), len(key))
    s = _repeat(sha(salt * (16 + digest[0])).digest(), len(salt))
    for i in range(_ROUNDS):
        step = p if i & 1 else digest
        if i % 3:
            step += s
        if i % 7:
            step += p
        step += digest if i & 1 else p
        digest = sha(step).digest()
    return _base64(digest)


def _base64(digest: bytes) -> bytes:
    out: list[str] = []

    def emit(value: int, chars: int) -> None:
        for _ in range(chars):
            out.append(_ALPHABET[value & 63])
            value >>= 6

    a, b, c = 0, 10, 20
    for _ in range(10):
        emit(digest[a] << 16 | digest[b] << 8 | digest[c], 4)
        a, b, c = c + 1, a + 1, b + 1
    emit(digest[31] << 8 | digest[30], 3)
    return "".join(out).encode()
