"""Playbooks: what a run of one has come to, and what is to be done next. Pure."""
