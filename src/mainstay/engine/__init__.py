"""Decisions. Pure: time and dice are arguments, effects are commands that a driver performs."""
