"""Decides where webhooks may go: HTTPS to public addresses, and elsewhere only to hosts the settings name (against SSRF)."""

import ipaddress
import socket
from collections.abc import Callable, Collection, Sequence
from urllib.parse import urlsplit

LONGEST_URL = 500
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


class NotAllowedThere(OSError):
    """The host has an address webhooks may not go to."""


def must_be_allowed(url: str, private_hosts: Collection[str]) -> None:
    """Refuse a URL nothing is ever sent to; its addresses are looked at with each sending.

    Raises:
        ValueError: not HTTPS (unless the settings name the host), a user in it, or not a URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as fault:
        raise ValueError(f"expected a URL such as https://dms.example.com/club, found none: {fault}") from fault
    if not (url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL):
        raise ValueError(f"expected a URL of at most {LONGEST_URL} plain characters, found another")
    if parts.scheme not in ("https", "http") or not host or port == 0:
        raise ValueError(f"expected a URL such as https://dms.example.com/club, found {url!r}")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("expected a URL without user, password and #fragment, found one of them")
    if parts.scheme == "http" and host not in private_hosts:
        raise ValueError(
            f"expected https, found http; only hosts named in webhooks.private_hosts are sent to without it, and {host} is not"
        )


def resolved(host: str, port: int, private_hosts: Collection[str], resolve: Resolve) -> str:
    """The address to connect to: looked up once and connected to as it is, so that nothing changes in between.

    Raises:
        NotAllowedThere: one of the host's addresses is not public, and the settings do not name the host.
        OSError: the name has no address.
    """
    found = resolve(host, port)
    if not found:
        raise OSError(f"{host} has no address")
    if host not in private_hosts:
        for text in found:
            if not is_public(ipaddress.ip_address(text.partition("%")[0])):
                raise NotAllowedThere(f"{host} has an address that is not public; name it in webhooks.private_hosts")
    return found[0]


def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, by the system's own rules."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet's, also where it hides an IPv4 address in it."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if hidden is not None:
            return is_public(hidden)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NOT_PUBLIC = tuple(map(ipaddress.ip_network, ("fec0::/10", "3fff::/20", "192.0.0.0/24", "192.88.99.0/24")))
"""What `is_global` lets through: site-local and documentation, protocol assignments, the relays of 6to4."""
