"""Which engine enforces a cluster's network policies."""
