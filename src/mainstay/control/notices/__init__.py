"""Notices on their way: to services, webhooks and mail servers, each of which may hang, lie or be gone."""
