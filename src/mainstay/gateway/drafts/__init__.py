"""Drafts: what was delivered so far of every exchange, kept on disk, bounded and encrypted, so that it can go on.

The event loop touches `store`, `draft` and `follower`; everything that touches the disk (`shelf` and below) runs in one
thread (`writer`). A gateway that keeps no drafts has no store at all (`None`).
"""
