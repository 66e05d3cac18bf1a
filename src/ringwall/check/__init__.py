"""The catalog of rules, and what they find."""
