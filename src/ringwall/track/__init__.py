"""What was found when: the ledger of audits."""
