"""Incidents as readings of their events: what they are now, what may follow, what is due, what belongs to which."""
