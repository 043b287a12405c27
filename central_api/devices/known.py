"""A device as it is kept from one command to the next, so that a hundred commands do not ask a hundred times whose they are.

Whoever carries a command out compares the key it was proved with, and whether its device was revoked, in the very
transaction (`rewards.commands.Ask`); a device that no longer fits is asked for anew. So a revocation holds from its commit
on, in every process.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from central_api.devices.enrolled import Device


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device, the key in its row as text, and the key it signs with as the library reads it once.

    The two differ while the device's key was just changed; such a one is not kept, but asked for anew at each command.
    """

    device: Device
    public_key: str
    key: Ed25519PublicKey
