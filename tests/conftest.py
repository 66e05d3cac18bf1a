"""Settings for every test."""

from hypothesis import HealthCheck, settings

# A slow or busy machine is no reason to fail.
settings.register_profile(
    "ringwall", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("ringwall")
