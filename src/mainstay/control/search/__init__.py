"""Looking for records in the store."""
