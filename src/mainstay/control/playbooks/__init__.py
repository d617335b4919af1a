"""Playbooks: who runs them, what they may do, and those that come with the product."""
