"""A call to the address that the settings name: ``POST`` of JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import HTTPRedirectHandler, Request, build_opener

from iesiz.alert_settings import Webhook, checked_url
from iesiz.alerts.message import Message
from iesiz.errors import SettingsError
from iesiz.secret_source import SecretSource
from iesiz.settings import Settings


class _NoRedirect(HTTPRedirectHandler):
    """An address that sends elsewhere is not followed: nobody named that place."""

    def redirect_request(self, *_given: Any, **_named: Any) -> None:
        """Refuse."""


def call_webhook(settings: Settings, message: Message) -> None:
    """Call the webhook.

    Raises:
        SettingsError: there is none in the settings, or its address cannot be read or is none.
        OSError: it cannot be reached, or answers with an error or from elsewhere.
    """
    body = json.dumps(message.facts, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "iesiz"}
    request = Request(webhook_url(settings), body, headers, method="POST")  # noqa: S310 - https, as checked
    with build_opener(_NoRedirect).open(request, timeout=settings.alerts.timeout_seconds):
        """What it answers is not read."""


def webhook_url(settings: Settings) -> str:
    """The address, from the settings, a file or the environment.

    Raises:
        SettingsError: it cannot be read, or is none that may be called.
    """
    hook = settings.alerts.webhook
    if hook is None:
        raise SettingsError("The settings name no [alerts.webhook].")
    return hook.url or _from_outside(settings, hook)


def _from_outside(settings: Settings, hook: Webhook) -> str:
    source = SecretSource(
        "address of the webhook", settings.base, settings.store_path, hook.url_file, hook.url_variable
    )
    try:
        return checked_url(source.read().decode())
    except ValueError:
        raise SettingsError(
            "The address of the webhook is none that may be called. Write https://HOST/PATH."
        ) from None
