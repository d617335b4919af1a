"""The control plane's pages and their JSON twins."""
