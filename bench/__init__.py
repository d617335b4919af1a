"""The harness behind `make bench`: the gateway beside nginx, on one core, in one run (docs/performance.md)."""
