"""Alerts: what somebody is to know, told once through the hooks that the settings name.

In: what is amiss now. Out: a status file, mails, calls. It must not carry content: codes, dates, sites and
the command to run. A hook that fails fails nothing else.
"""

from iesiz.alerts.codes import Alert, AlertCode, alert_codes
from iesiz.alerts.tell import tell
from iesiz.alerts.told import ToldAlert, open_alerts

__all__ = ["Alert", "AlertCode", "ToldAlert", "alert_codes", "open_alerts", "tell"]
