"""The control plane's own metrics: what it knows, what it has told, and how far it is behind."""
