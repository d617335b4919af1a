"""News between the workers of one machine and between replicas. Nothing here is needed to answer a request."""
