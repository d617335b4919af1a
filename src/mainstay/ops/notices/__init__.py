"""Notices: who hears of what, how often, and what happens when nobody does. Pure; streams of events are folded here."""
