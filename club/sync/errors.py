"""What can go wrong on the device's side of the sync; refusals of the club itself are `club.model.errors`.

SyncError
├── ServerUnreachable        no usable answer: it may have been done, it may not; ask again with the same id
│   └── ServerConfused       something answered, but not our server as we know it (a login page, half a JSON, a 500)
├── IdentityDamaged          the device's key file cannot be read
└── MediaWrong               bytes that do not have the SHA-256 they were asked for by
"""


class SyncError(Exception):
    """Base of all."""


class ServerUnreachable(SyncError):
    """No usable answer came. The request may have been carried out, so it is repeated unchanged, never anew."""


class ServerConfused(ServerUnreachable):
    """Something answered, but not as the central API does. Treated like no answer; told apart in the log."""


class IdentityDamaged(SyncError):
    """The device's key file is there but cannot be read; staff must restore it or enrol the device anew."""


class MediaWrong(SyncError):
    """The bytes that came do not have the expected SHA-256 or size; what was kept of them is thrown away."""
