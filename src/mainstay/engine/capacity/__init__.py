"""Capacity: how much each candidate may be given now. Pure."""
