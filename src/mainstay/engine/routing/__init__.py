"""Orders applied to menus: what an operator or a playbook asks, within what policy allows."""
