"""What `make bench-docs` writes: tables and plots of docs/performance.md, from results that `make bench` kept."""
