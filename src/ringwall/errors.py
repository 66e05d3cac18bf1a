"""What can go wrong, as exceptions with one clear sentence each.

    RingwallError
    ├── UsageError      the question cannot be asked like this (exit code 2)
    │   └── ConfigError the configuration file is not valid (exit code 2)
    └── InputError      nothing of a target could be read (exit code 3)

A sentence is lower-case, has no full stop at its end, quotes what the user wrote in backticks,
and says where.
"""


class RingwallError(Exception):
    """The root: any failure that is told to the user in one sentence."""


class UsageError(RingwallError):
    """The question cannot be asked like this: an unknown id, an ambiguous address, a bad port."""


class ConfigError(UsageError):
    """The configuration file says something that it cannot say; the message holds the place."""


class InputError(RingwallError):
    """A target could not be read at all."""
