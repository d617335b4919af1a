"""A fake provider that speaks both dialects and does every fault on demand.

The pure half turns a request and a fault into steps (`perform`); the other half performs steps on real sockets
(`FakeProvider` for asyncio, `FakeProviderThread` for synchronous callers).
"""
