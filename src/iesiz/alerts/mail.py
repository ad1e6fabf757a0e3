"""A mail to the people whom the settings name."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from iesiz.alert_settings import Mail
from iesiz.alerts.message import Message
from iesiz.errors import SettingsError
from iesiz.secret_source import SecretSource
from iesiz.settings import Settings


def send_mail(settings: Settings, message: Message) -> None:
    """Send a mail.

    Raises:
        SettingsError: there is no mail server in the settings, or its password cannot be read.
        OSError: the server cannot be reached or refuses (``smtplib.SMTPException`` is one).
    """
    mail = settings.alerts.smtp
    if mail is None:
        raise SettingsError("The settings name no [alerts.smtp].")
    password = password_source(settings, mail).read().decode() if mail.user else ""
    private, seconds = ssl.create_default_context(), settings.alerts.timeout_seconds
    if mail.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=seconds, context=private)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=seconds)
    with server:
        if mail.security == "starttls":
            server.starttls(context=private)
        if mail.user:
            server.login(mail.user, password)
        server.send_message(_mail(mail, message), mail.sender, mail.to)


def password_source(settings: Settings, mail: Mail) -> SecretSource:
    """Where the password stands."""
    what = "password of the mail server"
    return SecretSource(what, settings.base, settings.store_path, mail.password_file, mail.password_variable)


def _mail(mail: Mail, message: Message) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = message.subject, mail.sender, ", ".join(mail.to)
    made["Date"], made["Message-ID"] = formatdate(), make_msgid(domain=mail.sender.rpartition("@")[2])
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(message.text)
    return made
