"""Who is in charge of a gateway: its lock, its configuration's versions, its worker processes."""
