"""How long the server took to answer, for sites whose log tells it.

In: a request and a source of chance. Out: seconds.
"""

from random import Random

from generator.model import Request

# Part of a request, median seconds, spread of their logarithm; the first that fits counts.
_MEDIANS = (
    ("/static/", 0.002, 0.6),
    ("/search", 0.55, 0.7),
    ("/cinema", 0.3, 0.6),
    ("", 0.09, 0.8),
)
_FAILING = (30.0, 0.35)  # a server behind that does not answer


def seconds(request: Request, rng: Random) -> float:
    """Seconds from the first byte of the request to the last one of the answer."""
    median, spread = _FAILING
    if request.status != 502:
        median, spread = next((m, s) for part, m, s in _MEDIANS if part in request.request)
    return min(60.0, median * rng.lognormvariate(0, spread))
