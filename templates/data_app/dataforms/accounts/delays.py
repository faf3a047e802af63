"""How long whoever gives wrong passwords has to wait. Imports neither SQLAlchemy nor Reflex."""

FREE_FOR_ACCOUNT = 5
"""So many wrong passwords for one account cost no time."""
FREE_FOR_ADDRESS = 20
"""So many from one address, behind which there may be an office."""
LONGEST_S = 900
FORGOTTEN_S = 86_400
"""So long after the last wrong password all are forgotten."""


def delay_s(failures: int, free: int) -> int:
    """Return the seconds until the next try after so many failures, all but the `free` first doubling it."""
    beyond = failures - free
    return 0 if beyond <= 0 else min(LONGEST_S, 2 ** min(beyond, 30))
