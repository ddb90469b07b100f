"""Who may ask the search page, and how much: one ASGI layer in front of everything else.

The page is for the person at this computer. Other web pages that this person has open can send requests here, too, and
a foreign name may be made to lead here (DNS rebinding). Both are told by what the browser says of a request.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 20 * 2**20  # bytes of a request, an uploaded picture included
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


def own_hosts(port: int) -> frozenset[str]:
    """The names under which this computer asks itself, as they stand in a Host header."""
    names = ("127.0.0.1", "localhost")
    return frozenset({f"{name}:{port}" for name in names} | (set(names) if port == 80 else set()))


class Guard:
    """Refuses what does not come from the page itself, or is too large; adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], max_body: int = MAX_BODY):
        self.app, self.hosts, self.max_body = app, frozenset(hosts), max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.max_body:  # whatever its Content-Length said
                raise HTTPException(413, self.too_large())
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(name, value) for name, value in message["headers"] if name.decode() not in HEADERS]
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": given + own}
            await send(message)

        if refusal := self.refusal(scope["method"], scope["path"], Headers(scope=scope)):
            status, why = refusal
            return await JSONResponse({"error": why}, status)(scope, receive, with_headers)
        await self.app(scope, bounded, with_headers)

    def refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        """(HTTP status, why), or None for a request that may go on."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return 421, "this page answers to 127.0.0.1 and localhost alone, at its own port"
        opened = path == "/" and headers.get("sec-fetch-mode") == "navigate" and method == "GET"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none") and not opened:
            return 403, "another web page asked for this"
        if method != "POST":
            return None
        if headers.get("origin", "") not in {f"http://{host}" for host in self.hosts}:
            return 403, "only the page itself may send this: its Origin is missing or another's"
        if headers.get("content-type", "").partition(";")[0].strip().lower() not in FORMS:
            return 415, f"a form is wanted, of type {' or '.join(FORMS)}"
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return 400, "Content-Length is no number"
        return (413, self.too_large()) if int(length) > self.max_body else None

    def too_large(self) -> str:
        return f"that is more than {self.max_body // 2**20} MB: take a smaller picture"
