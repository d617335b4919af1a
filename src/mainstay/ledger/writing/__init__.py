"""How records come to disk: the queue, the thread that writes, and how both cope with a bad disk."""
