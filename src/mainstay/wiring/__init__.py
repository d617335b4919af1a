"""The composition root: the only place that knows who is real and who is simulated.

One file for each program, so that none holds in memory what only another one needs.
"""
