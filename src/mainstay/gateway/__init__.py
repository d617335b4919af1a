"""The data plane in real time: HTTP server and upstream client, driver, journal writer."""
