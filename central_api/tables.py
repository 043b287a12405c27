"""All tables of the service, gathered for migrations and tests."""

from central_api.db import metadata
from central_api.feed import tables as feed

__all__ = ["feed", "metadata"]
