"""Headers of every answer: nothing inline, nothing framed, nothing told to others, nothing kept."""

from typing import Final

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS: Final = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "fullscreen"),
    *("geolocation", "gyroscope", "microphone", "midi", "payment", "publickey-credentials-get"),
    *("screen-wake-lock", "usb", "xr-spatial-tracking"),
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": ", ".join(f"{each}=()" for each in PERMISSIONS),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TWO_YEARS: Final = "max-age=63072000; includeSubDomains"
STATIC: Final = "public, max-age=3600"
LISTS: Final = "public, max-age=300"
"""A status list that says nothing of it is good for five minutes (Bitstring Status List, ttl)."""
NEVER: Final = "no-store"
"""A report is true of one block; a cached one would outlive a withdrawal."""

KEPT: Final = {"static": STATIC, "status_lists.show": LISTS}
LIST_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept",
}
"""A status list is for every site's pages, and each reader gets its own form."""


def add_headers(app: Flask) -> None:
    """Set them on every answer, errors included."""

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.update(HEADERS)
        read = request.method in ("GET", "HEAD") and response.status_code in (200, 304)
        kept = KEPT.get(request.endpoint or "", NEVER) if read else NEVER
        response.headers["Cache-Control"] = kept
        if request.endpoint == "status_lists.show":
            response.headers.update(LIST_HEADERS)
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = TWO_YEARS
        return response
