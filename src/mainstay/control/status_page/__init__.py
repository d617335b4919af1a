"""The public status page: files, who may read them, and who is told of changes."""
