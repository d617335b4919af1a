"""Living credentials: what long-lived identities are exchanged for, renewed early and used to their last second."""
