"""Tallies: what records add up to, span by span, so that months can be looked at at once."""
