"""Errors of the web alone; all others are werkzeug's, or cross a border in protocol/errors.py.

BadFieldError(description)    a field of a form, or its name, that means nothing here (400)
SeveralFilesError()           more files than one for a page, which shows one verdict (400)
NothingSentError()            a form in which no file was chosen and nothing pasted (400)
NoSuchFormError(description)  a status list that cannot be had in the form asked for (406)
"""

from werkzeug.exceptions import BadRequest, NotAcceptable

from protocol.errors import NotACredentialError


class BadFieldError(BadRequest):
    """A form that cannot be answered as it is; the description is in our own words."""


class SeveralFilesError(BadFieldError):
    """Several files on the page."""

    def __init__(self) -> None:
        """Describe it."""
        super().__init__("This page checks one file at a time.")


class NothingSentError(NotACredentialError):
    """No file and no text."""

    def __init__(self) -> None:
        """Give the reason."""
        super().__init__("no file was sent")


class NoSuchFormError(NotAcceptable):
    """A status list in no form that the reader takes; the description is in our own words."""
