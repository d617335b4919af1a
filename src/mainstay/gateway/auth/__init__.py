"""Who may call the gateway: tokens, verified with what this process holds in memory."""
