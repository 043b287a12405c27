"""Diversifies the programme's file master to one card's own key: for the server that verifies and the desk that issues."""

from central_api.security.keyring import Keyring
from nfc.protocol import keys


def file_key(keyring: Keyring, uid: str) -> bytes:
    """The 16-byte file key of a card (UID in hex)."""
    return keys.file_key(keyring.file_master, bytes.fromhex(uid))
