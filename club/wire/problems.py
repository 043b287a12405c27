"""Errors on the wire: RFC 9457 problem+json with a stable code and its facts."""

import msgspec

from club.model import errors

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, kw_only=True):
    """One refusal or fault. `code` is stable; `detail` is for staff and logs (English), never shown to a member."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    facts: dict[str, int | str] = {}
    reference: str = ""  # what to look for in the server's log


def to_error(problem: Problem) -> errors.ClubError:
    """The same class of error as was raised on the server."""
    return errors.revive(problem.code, problem.detail or problem.title, problem.facts)
