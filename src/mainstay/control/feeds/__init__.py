"""Reading the status pages of providers, politely and with distrust."""
