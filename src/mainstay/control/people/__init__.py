"""Who may use the control plane: accounts, sessions, logins. Shares nothing with the tokens of machines."""
