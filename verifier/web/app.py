"""The application: a factory that takes everything it needs."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from verifier.verify import Surroundings
from verifier.web.api import api
from verifier.web.config import WebConfig
from verifier.web.headers import add_headers
from verifier.web.incoming import IncomingRequest, set_limits
from verifier.web.logs import follow_requests
from verifier.web.operations import operations
from verifier.web.pages import pages
from verifier.web.problems import answer_errors
from verifier.web.service import Instruments, attach_service, build_instruments
from verifier.web.status_lists import status_lists


def create_app(
    config: WebConfig, surroundings: Surroundings, instruments: Instruments | None = None
) -> Flask:
    """Return the web verifier. Call it after a fork: what it opens is not shared across one."""
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.request_class = IncomingRequest
    set_limits(app, config)
    attach_service(app, config, surroundings, instruments or build_instruments(config))
    for blueprint in (pages, api, operations, status_lists):
        app.register_blueprint(blueprint)
    follow_requests(app)
    add_headers(app)
    answer_errors(app)
    if config.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=config.proxies, x_proto=config.proxies
        )
    return app
