"""Admission: who waits, who goes first, and who is turned away when there is not enough for all. Pure."""
