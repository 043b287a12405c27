"""A device as it is kept from one command to the next, so that a hundred commands do not ask a hundred times whose they are.

Whoever carries a command out compares the key it was proved with, and whether its device was revoked, in the very
transaction (`rewards.commands.Ask`); a device that no longer fits is asked for anew. So a revocation holds from its commit
on, in every process.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from central_api.devices.service import Device


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device, its public key as text, and the same as the library reads it once."""

    device: Device
    public_key: str
    key: Ed25519PublicKey
