"""Job: classify a user agent: kind of device, system, browser, robot or not.

In: one distinct user agent as a log wrote it, or None where the format has none. Out: an `Agent`.
Must not: let any text of the agent out; every word comes from `agents.toml` or from here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from ua_parser import UserAgent, load_lazy_builtins
from ua_parser.core import Matcher
from ua_parser.lazy import UserAgentMatcher
from ua_parser.regex import Resolver

from iesiz.deidentify.robots import robot_rule

Device = Literal["mobile", "tablet", "desktop", "tv", "console", "robot", "other", "unknown"]
RobotReason = Literal["listed", "no_browser_shape", "empty", "none"]
DEVICES, REASONS = frozenset(get_args(Device)), frozenset(get_args(RobotReason))

# Bounds the time of the patterns, which grows with the length.
LONGEST_AGENT = 1024
_KIND_OF_GROUP: dict[str, Device] = {"android_tablet": "tablet", "android_mobile": "mobile"}


@dataclass(frozen=True, slots=True)
class Agent:
    """What is kept of a user agent.

    Attributes:
        device: kind of device; `robot` for robots, `unknown` where the format has no agent.
        system: one of `agent_systems()`: `other` for robots and what is not on the list.
        browser: one of `agent_browsers()`, likewise.
        is_robot: whether a robot sent it, as far as the agent tells.
        robot_reason: the rule that made it a robot; `none` for people and unknown.

    Raises:
        ValueError: a value is outside its vocabulary, or the three robot columns disagree.
    """

    device: Device
    system: str
    browser: str
    is_robot: bool
    robot_reason: RobotReason

    def __post_init__(self) -> None:
        if self.device not in DEVICES or self.robot_reason not in REASONS:
            raise ValueError("Agent.device and robot_reason must be of the fixed vocabulary")
        if self.system not in agent_systems() or self.browser not in agent_browsers():
            raise ValueError("Agent.system and browser must be of the lists in agents.toml")
        if not self.is_robot == (self.device == "robot") == (self.robot_reason != "none"):
            raise ValueError("Agent.is_robot, device and robot_reason must agree")


def classify_agent(text: str | None) -> Agent:
    """Classify one user agent; None means that the format has no such field. Raises nothing."""
    if text is None:
        return Agent("unknown", "unknown", "unknown", False, "none")
    agent = _readable(text)
    if agent in {"", "-"}:
        return _robot("empty")
    rule = robot_rule(agent)
    return _person(agent) if rule == "none" else _robot(rule)


@cache
def agent_systems() -> frozenset[str]:
    """All values that `Agent.system` can take."""
    return frozenset(_data()["systems"]) | {"other", "unknown"}


@cache
def agent_browsers() -> frozenset[str]:
    """All values that `Agent.browser` can take."""
    return frozenset(_data()["browsers"]) | {"other", "unknown"}


def _readable(text: str) -> str:
    """Cut to a bounded length and replace lone surrogates, which the engine refuses."""
    return text[:LONGEST_AGENT].encode("utf-8", "replace").decode("utf-8").strip()


def _robot(reason: RobotReason) -> Agent:
    return Agent("robot", "other", "other", True, reason)


def _person(agent: str) -> Agent:
    parser = _parser()
    found, runs_on = parser.families.ua.extract(agent), parser.families.os.extract(agent)
    system = parser.systems.get(runs_on.family, "other") if runs_on else "other"
    browser = parser.browsers.get(found.family, "other") if found else "other"
    return Agent(_device(agent, system), system, browser, False, "none")


def _device(agent: str, system: str) -> Device:
    group = _parser().devices.extract(agent)
    if group is not None:
        return _KIND_OF_GROUP.get(group.family, group.family)  # type: ignore[arg-type]
    # Applications on Apple's network library name no device, but ua-parser knows the system by its version.
    return {"iOS": "mobile", "macOS": "desktop"}.get(system, "other")  # type: ignore[return-value]


class _Parser:
    """ua-parser's families, our lists of them, and the device patterns, loaded once a process."""

    def __init__(self, data: dict[str, Any]) -> None:
        user_agents, systems, _ = load_lazy_builtins()
        self.families = Resolver((list(user_agents), list(systems), []))
        self.systems = _by_family(data["systems"])
        self.browsers = _by_family(data["browsers"])
        devices: list[Matcher[UserAgent]] = [
            UserAgentMatcher(f"(?i:{pattern})", group)
            for group, patterns in data["devices"].items()
            for pattern in patterns
        ]
        self.devices = Resolver((devices, [], [])).ua


def _by_family(names: dict[str, list[str]]) -> dict[str, str]:
    return {family: name for name, families in names.items() for family in families}


@cache
def _parser() -> _Parser:
    return _Parser(_data())


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("agents.toml").read_text("utf-8"))
