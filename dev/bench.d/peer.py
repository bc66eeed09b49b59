"""The same auth service as ours, as one would write it with FastAPI: what dev/bench compares with.

A login form with an argon2id password, a cookie signed with HMAC-SHA-256 that holds a session id and
an expiry, the sessions in memory, and /auth/check, which looks at the host, the cookie and where the
request came from. What our service has besides (throttle, listing, revoking, files) is left out.

Settings: AUTH_PASSWORD; the key is new at each start.
"""

import base64
import hashlib
import hmac
import os
import secrets
import time
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

LIFETIME_SECONDS = 30 * 24 * 3600
COOKIE = "ocweb"
SIGNED_LENGTH = 16 + 8
PAGE = """<!doctype html><title>Log in</title><form method="post">
<input type="password" name="password" autocomplete="current-password">
<input type="hidden" name="next" value="/">
<button>Log in</button></form>"""

# The cost of our own service: 19 MiB, two passes, one lane.
hasher = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
password_hash = hasher.hash(os.environ["AUTH_PASSWORD"])
key = secrets.token_bytes(32)


@dataclass
class Session:
    """A browser that has logged in; times are seconds since 1970."""

    created_at: float
    last_seen_at: float
    user_agent: str


sessions: dict[bytes, Session] = {}
app = FastAPI(title="auth")


def sign(session: bytes, expires: int) -> str:
    """The cookie's value."""
    claim = session + expires.to_bytes(8, "big")
    mac = hmac.digest(key, claim, hashlib.sha256)
    return base64.urlsafe_b64encode(claim + mac).decode()


def session_of(request: Request, now: float) -> bytes | None:
    """The id of the session that the request's cookie proves."""
    value = request.cookies.get(COOKIE)
    if value is None:
        return None
    try:
        content = base64.urlsafe_b64decode(value)
    except ValueError:
        return None
    claim, mac = content[:SIGNED_LENGTH], content[SIGNED_LENGTH:]
    if not hmac.compare_digest(mac, hmac.digest(key, claim, hashlib.sha256)):
        return None
    if now >= int.from_bytes(claim[16:], "big"):
        return None
    session = sessions.get(claim[:16])
    if session is None:
        return None
    session.last_seen_at = now
    return claim[:16]


def is_ours(host: str) -> bool:
    """True for the host names that this machine answers for."""
    return host in ("127.0.0.1", "localhost")


def is_from_elsewhere(request: Request, scheme: str, host: str) -> bool:
    """True when another site made the browser send the request."""
    headers = request.headers
    site = headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none"):
        is_link = headers.get("x-forwarded-method") in ("GET", "HEAD") and (
            headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        )
        return not is_link
    origin = headers.get("origin")
    return origin is not None and origin != f"{scheme}://{host}"


@app.get("/auth/login", response_class=HTMLResponse)
async def show_login() -> str:
    """The login page."""
    return PAGE


# Not async: FastAPI then runs it on a thread, so that hashing holds up nobody else.
@app.post("/auth/login")
def log_in(
    request: Request, password: Annotated[str, Form()], next: Annotated[str, Form()] = "/"
) -> Response:
    """Checks the password and hands out the cookie."""
    try:
        hasher.verify(password_hash, password)
    except VerifyMismatchError:
        return HTMLResponse(PAGE, status_code=401)
    now = time.time()
    session = secrets.token_bytes(16)
    sessions[session] = Session(now, now, request.headers.get("user-agent", ""))
    target = next if next.startswith("/") and not next.startswith(("//", "/\\")) else "/"
    response = RedirectResponse(target, status_code=303)
    value = sign(session, int(now) + LIFETIME_SECONDS)
    response.set_cookie(COOKIE, value, max_age=LIFETIME_SECONDS, httponly=True, samesite="lax")
    return response


@app.get("/auth/check")
async def check(request: Request) -> Response:
    """Says whether the request that the X-Forwarded headers describe may come in."""
    headers = request.headers
    scheme = headers.get("x-forwarded-proto", "http")
    host = headers.get("x-forwarded-host") or headers.get("host", "")
    if not is_ours(urlsplit(f"//{host}").hostname or ""):
        return JSONResponse({"title": "Unknown host", "status": 421}, status_code=421)
    session = session_of(request, time.time())
    if session is None:
        if headers.get("sec-fetch-mode") == "navigate":
            target = quote(headers.get("x-forwarded-uri", "/"))
            return RedirectResponse(f"/auth/login?next={target}", status_code=303)
        return JSONResponse({"title": "Login required", "status": 401}, status_code=401)
    if is_from_elsewhere(request, scheme, host):
        return JSONResponse({"title": "Request from another site", "status": 403}, status_code=403)
    name = base64.urlsafe_b64encode(session).decode().rstrip("=")
    return Response(status_code=204, headers={"X-Ocweb-Session": name, "Cache-Control": "no-store"})
