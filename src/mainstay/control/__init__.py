"""The control plane in real time. For now: health and version only."""
