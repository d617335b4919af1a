"""The report after an incident as Markdown, HTML and PDF."""
