"""Readings: what records tell of health, incidents, status, contracts and playbooks. Pure."""
