"""Crossings: a caller's dialect on one side, an upstream's on the other. Same dialect on both sides passes verbatim."""
