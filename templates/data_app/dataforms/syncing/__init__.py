"""Syncs: imports whose rows come from a source of their own, run by run. Loaded by apps that have some."""
