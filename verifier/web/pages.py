"""Pages for people: the first page, a result, an error."""

from typing import Final

from flask import Blueprint, render_template

from verifier.web.uploads import verify_upload

pages: Final = Blueprint("pages", __name__)


@pages.get("/")
def show_home() -> str:
    """Show the first page."""
    return render_template("home.html")


@pages.post("/verify")
def show_result() -> str:
    """Verify what was sent and show the result."""
    return render_template("result.html", report=verify_upload().result)


def render_error(status: int, words: str) -> str:
    """Return the page for an error that is no verdict."""
    return render_template("error.html", status=status, words=words)
