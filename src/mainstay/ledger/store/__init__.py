"""The store: the records of all chains in one database, SQLite or PostgreSQL. Filled from the journals."""
