"""Probes: requests of our own, within a budget, to see how a component is."""
