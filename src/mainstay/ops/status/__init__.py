"""The status page as values: what strangers may know of how things are, from records. Pure."""
