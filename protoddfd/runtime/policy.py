"""From settings and an app's own options to the policy of its instances."""

import msgspec

from protoddfd.core.lifecycle import Policy
from protoddfd.runtime.record import AppRecord

REFLEX_START_TIMEOUT_S = 900.0
"""The first start of an app in an environment of its own installs that environment."""


def policy_of(policy: Policy, record: AppRecord) -> Policy:
    """Return the policy of an app: the daemon's `policy` with the app's own options over it."""
    options = record.options
    timeout_s = options.start_timeout_s
    if timeout_s is None:
        timeout_s = REFLEX_START_TIMEOUT_S if record.served_by == "reflex" else policy.start_timeout_s
    return msgspec.structs.replace(
        policy,
        restart=options.restart,
        on_demand=options.on_demand,
        start_timeout_s=timeout_s,
        stop_grace_s=policy.stop_grace_s if options.stop_grace_s is None else options.stop_grace_s,
        sick_grace_s=options.health.grace_s,
    )
