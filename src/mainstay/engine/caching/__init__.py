"""Answers that are given again: how long they are good, which ones deserve it, and how they are given. Pure."""
