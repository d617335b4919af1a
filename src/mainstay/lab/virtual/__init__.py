"""Virtual time: the second driver. The same exchanges, played on a heap of instants instead of sockets and clocks."""
