"""Numbers and addresses that look like a person's and are nobody's."""

from datetime import date
from ipaddress import IPv4Address, IPv6Address
from random import Random

_FIRST_WEIGHTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_SPELLINGS = (
    "+7 700 000 {a} {b}",
    "+7700000{a}{b}",
    "8 (700) 000-{a}-{b}",
    "8700000{a}{b}",
    "7 700 000 {a} {b}",
    "8-700-000-{a}-{b}",
    "700 000 {a}{b}",
)


def iin(birth: date, sex: str, rng: Random) -> str:
    """A valid IIN whose century digit (1 or 2: the 1800s) says that its holder isn't alive."""
    while True:
        body = f"{birth:%y%m%d}{1 if sex == 'm' else 2}{rng.randrange(10_000):04d}"
        control = _control(body, _FIRST_WEIGHTS)
        if control == 10:
            control = _control(body, _SECOND_WEIGHTS)
        if control < 10:  # a number whose second control is 10 as well is never issued
            return f"{body}{control}"


def _control(body: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11


def phone(rng: Random) -> str:
    """A phone of the block +7 700 000, in one of the spellings that users have."""
    return rng.choice(_SPELLINGS).format(a=f"{rng.randrange(100):02d}", b=f"{rng.randrange(100):02d}")


def mail(name: str, rng: Random) -> str:
    """A mail address under a name reserved for documentation."""
    return f"{name}{rng.randrange(1, 9999)}@{rng.choice(('example.com', 'example.org', 'example.net'))}"


def token(rng: Random) -> str:
    """A one-time token as sites put it into links."""
    return f"{rng.getrandbits(128):032x}"


def shared_ipv4(rng: Random, networks: int = 700) -> str:
    """An address of the shared range 100.64.0.0/10, out of that many /24 networks."""
    network = rng.randrange(networks) * 2_903 % 16_384  # spreads the numbers over the whole range
    return str(IPv4Address("100.64.0.0") + network * 256 + rng.randrange(1, 255))


def wifi_ipv4(rng: Random) -> str:
    """An address behind which many guests of a mall's Wi-Fi surf."""
    return f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randrange(100, 108)}"


def documentation_ipv6(rng: Random, networks: int = 160) -> str:
    """An address of 2001:db8::/32, out of that many /48 networks."""
    network = rng.randrange(networks) * 409 % 65_536
    prefix = (0x20010DB8 << 96) | (network << 80) | (rng.getrandbits(8) << 64)
    return str(IPv6Address(prefix | rng.getrandbits(64)))
