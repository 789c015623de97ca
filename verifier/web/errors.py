"""Errors of the web alone; all others are werkzeug's, or cross a border in protocol/errors.py.

BadFieldError(description)    a field of a form, or its name, that means nothing here (400)
"""

from werkzeug.exceptions import BadRequest


class BadFieldError(BadRequest):
    """A form that cannot be answered as it is; the description is in our own words."""
