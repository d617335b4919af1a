"""What replicas share through Valkey or Redis. Optional, bounded in time, and never needed to answer a request."""
