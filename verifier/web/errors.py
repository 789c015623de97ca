"""Errors of the web alone; all others are werkzeug's, or cross a border in protocol/errors.py.

BadFieldError(description)    a field of a form, or its name, that means nothing here (400)
NoSuchFormError(description)  a status list that cannot be had in the form asked for (406)
"""

from werkzeug.exceptions import BadRequest, NotAcceptable


class BadFieldError(BadRequest):
    """A form that cannot be answered as it is; the description is in our own words."""


class NoSuchFormError(NotAcceptable):
    """A status list in no form that the reader takes; the description is in our own words."""
