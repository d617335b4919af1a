"""The soak: hours of hard traffic in minutes, and what is left of them in the gateway's memory, files and sockets."""
