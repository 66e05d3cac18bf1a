"""The file that ``ringwall config init`` writes: every setting, explained and commented out."""

from typing import Final

STARTER: Final = """\
# ringwall.toml: what is your own, how much it matters, and what is judged how.
# Take the # away from what you need. `ringwall config check` says whether it is valid,
# `ringwall config show` what counts and where it is from.

# Findings that somebody accepted, in a file beside this one (see `ringwall baseline`).
# waivers = "waivers.toml"

# Your own networks are neither the Internet nor foreign.
# [[network]]
# name = "office"
# cidrs = ["203.0.113.0/24"]
# owner = "platform"
# purpose = "VPN exit of the offices"

# Where things run and how much that matters (low, medium, high, critical). Findings say it,
# and severities and waivers can be limited to it. Everything that is given must fit; * and ?
# stand for anything. `names` are names of objects and of security groups.
# [[environment]]
# name = "prod"
# criticality = "high"
# clusters = ["prod-*"]

# [[environment]]
# name = "dev"
# criticality = "low"
# tags = { Environment = "dev*" }

# Whose things are.
# [[tenant]]
# name = "payments"
# criticality = "critical"
# namespaces = ["payments", "checkout-*"]

# [[tenant]]
# name = "data"
# labels = { team = "data" }

# What findings of some rules weigh here: info, low, medium, high, critical. The first entry that is
# about a finding decides.
# [[severity]]
# rules = ["sg-non-443-ingress"]
# severity = "info"
# environments = ["dev"]

# Group ingress that is accepted, inside both lists; a list that is left out means any.
# [[allow]]
# rules = ["sg-non-443-ingress"]
# sources = ["10.0.0.0/8"]
# ports = ["tcp/8443"]
# reason = "metrics of the platform VPC"

# Which rules are run: only these (none: all), without those to skip.
# [rules]
# only = []
# skip = ["api-private-disabled"]

# Where rules draw the line: numbers of addresses, ports, nodes and days.
# [thresholds]
# public_cidr_addresses = 65536
# source_addresses = 65536
# wide_port_range = 100
# legacy_ports = [8000, 8008, 8080, 8081, 8443, 8888, 9000]
# pool_nodes = 100
# waiver_days = 365

# Tags that AWS resources must carry, and tags that say why a group or rule is there.
# [tags]
# required = ["owner", "environment"]
# justification = ["owner", "application", "justification", "purpose", "ticket"]

# Labels that namespaces must carry.
# [labels]
# required = ["owner", "environment"]
"""
