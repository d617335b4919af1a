"""Records at rest: schema, SQLite store, files. Knows how records are kept, not why."""
