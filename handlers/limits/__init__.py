"""Limits in force: followed from the log, shared among workers, held to."""
