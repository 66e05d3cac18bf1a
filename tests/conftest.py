"""Settings for every test."""

import pytest
from hypothesis import HealthCheck, settings

# A slow or busy machine is no reason to fail.
settings.register_profile(
    "ringwall", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("ringwall")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what the laws over random worlds recorded: how many told allowed from blocked."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, text in getattr(report, "user_properties", ()):
                if name == "share":
                    terminalreporter.write_line(text)
