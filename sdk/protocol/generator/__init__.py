"""Reads sdk/protocol/schema and writes what is derived from it."""
