"""All tables of the service, gathered for migrations and tests."""

from central_api.activities import tables as activities
from central_api.bills import tables as bills
from central_api.boards import tables as boards
from central_api.cards import tables as cards
from central_api.columns import metadata
from central_api.devices import tables as devices
from central_api.entitlements import tables as entitlements
from central_api.feed import tables as feed
from central_api.gifts import tables as gifts
from central_api.inbox import tables as inbox
from central_api.integrations import tables as integrations
from central_api.jobs import tables as jobs
from central_api.ledger import tables as ledger
from central_api.lifecycle import tables as lifecycle
from central_api.media import tables as media
from central_api.members import tables as members
from central_api.membership import tables as membership
from central_api.outbox import tables as outbox
from central_api.programme import tables as programme
from central_api.refreshments import tables as refreshments
from central_api.rewards import tables as rewards
from central_api.rewards.offline import tables as offline
from central_api.security import tables as security
from central_api.staff import tables as staff
from central_api.tiers import tables as tiers
from central_api.visits import tables as visits

__all__ = [
    "activities",
    "bills",
    "boards",
    "cards",
    "devices",
    "entitlements",
    "feed",
    "gifts",
    "inbox",
    "integrations",
    "jobs",
    "ledger",
    "lifecycle",
    "media",
    "members",
    "membership",
    "metadata",
    "offline",
    "outbox",
    "programme",
    "refreshments",
    "rewards",
    "security",
    "staff",
    "tiers",
    "visits",
]
