"""Property tests here run without a clock: a busy machine is no failure. Nothing is written to disk."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "no-clock",
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("no-clock")
