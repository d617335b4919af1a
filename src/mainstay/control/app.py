"""The control plane's web application (ASGI)."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

NO_STORE = {"cache-control": "no-store"}


def control_app(version: str, is_draining: Callable[[], bool]) -> Starlette:
    """Build the application. `is_draining` is asked at each `/readyz`, which then answers 503."""

    async def livez(_request: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=NO_STORE)

    async def readyz(_request: Request) -> Response:
        draining = is_draining()
        body = {"status": "draining" if draining else "ready", "version": version}
        return JSONResponse(body, status_code=503 if draining else 200, headers=NO_STORE)

    async def show_version(_request: Request) -> Response:
        return JSONResponse({"name": "mainstay", "version": version}, headers=NO_STORE)

    return Starlette(
        routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/version", show_version)],
        exception_handlers={404: _not_found, 405: _wrong_method},
    )


async def _not_found(_request: Request, _error: Exception) -> Response:
    hint = "no such page; the control plane has /livez, /readyz and /version"
    return JSONResponse({"error": {"code": "not_found", "message": hint}}, status_code=404, headers=NO_STORE)


async def _wrong_method(_request: Request, _error: Exception) -> Response:
    hint = "this page can only be read (GET)"
    headers = {**NO_STORE, "allow": "GET, HEAD"}
    return JSONResponse({"error": {"code": "wrong_method", "message": hint}}, status_code=405, headers=headers)
