"""The OpenAI Chat Completions protocol, also as self-hosted servers speak it."""
