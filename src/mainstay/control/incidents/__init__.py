"""Incidents as they are led: the desk that writes their events, and the keeper that acts for detection and clocks."""
