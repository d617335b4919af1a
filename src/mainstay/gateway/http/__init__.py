"""HTTP/1.1 on asyncio protocols: the server that callers talk to and the client that talks to upstreams."""

from mainstay.gateway.http.attempt import UpstreamAttempt
from mainstay.gateway.http.client import UpstreamClient
from mainstay.gateway.http.limits import ClientLimits, ServerLimits
from mainstay.gateway.http.proxies import Proxies
from mainstay.gateway.http.request import Refuse, Request
from mainstay.gateway.http.responder import Responder
from mainstay.gateway.http.server import Server
from mainstay.gateway.http.service import Handler

__all__ = [
    "ClientLimits",
    "Handler",
    "Proxies",
    "Refuse",
    "Request",
    "Responder",
    "Server",
    "ServerLimits",
    "UpstreamAttempt",
    "UpstreamClient",
]
