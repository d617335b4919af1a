"""A small fake status page on real sockets, which lies, hangs and floods on demand."""
