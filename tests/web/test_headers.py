"""Every answer of every route, errors included, carries the same headers."""

import pytest

from verifier.web.headers import HEADERS


def list_addresses(site):
    """One request for each rule and method, and a few that lead nowhere."""
    for rule in site.url_map.iter_rules():
        path = rule.rule.replace("<path:filename>", "none.css")
        for method in rule.methods:
            yield method, path.split("<")[0]
    yield from (("GET", "/nowhere"), ("GET", "/api/nowhere"), ("DELETE", "/"), ("BREW", "/"))


def test_every_answer_of_every_route_carries_every_header(site, client):
    seen = 0
    for method, path in list_addresses(site):
        answer = client.open(path, method=method)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (method, path)
        assert answer.headers["X-Request-ID"]
        assert answer.headers["Cache-Control"] == "no-store", (method, path)
        assert "Set-Cookie" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
        seen += 1
    assert seen > 15


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    policy = HEADERS["Content-Security-Policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert set(directives.values()) == {"'none'", "'self'"}


@pytest.mark.parametrize(("scheme", "strict"), [("https", True), ("http", False)])
def test_strict_transport_is_said_behind_tls_only(client, scheme, strict):
    answer = client.get("/healthz", base_url=f"{scheme}://localhost")
    assert ("Strict-Transport-Security" in answer.headers) is strict


def test_tls_is_believed_of_a_configured_proxy_and_of_nobody_else(demo):
    forwarded = {"X-Forwarded-Proto": "https"}
    alone = demo.build_app().test_client().get("/healthz", headers=forwarded)
    behind = demo.build_app(proxies=1).test_client().get("/healthz", headers=forwarded)
    assert "Strict-Transport-Security" not in alone.headers
    assert "Strict-Transport-Security" in behind.headers


def test_static_files_may_be_kept_and_results_may_not(client, site, tmp_path):
    site.static_folder = str(tmp_path)
    (tmp_path / "a.css").write_text("p{}")
    with client.get("/static/a.css") as answer:
        assert answer.headers["Cache-Control"].startswith("public")
    assert client.get("/static/none.css").headers["Cache-Control"] == "no-store"


def test_another_host_name_is_refused_where_names_are_configured(demo):
    """WB-15."""
    client = demo.build_app(hosts=("verify.example.org",)).test_client()
    assert client.get("/healthz", base_url="http://verify.example.org").status_code == 200
    refused = client.get("/healthz", base_url="http://attacker.example")
    assert refused.status_code == 400
    assert b"attacker" not in refused.data


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000"])
def test_the_health_check_of_the_machine_itself_needs_no_configured_name(demo, host):
    """The container asks 127.0.0.1, whatever name the world uses."""
    client = demo.build_app(hosts=("verify.example.org",)).test_client()
    assert client.get("/healthz", headers={"Host": host}).status_code == 200
    assert client.get("/healthz", headers={"Host": f"{host}.evil.example"}).status_code == 400


def test_errors_of_pages_are_pages_and_of_the_api_documents(client):
    assert client.get("/nowhere").mimetype == "text/html"
    assert client.get("/api/nowhere").mimetype == "application/problem+json"
    assert client.post("/healthz").mimetype == "application/problem+json"
    assert client.post("/verify", data=b"x", content_type="text/plain").mimetype == "text/html"


def test_nothing_in_this_application_debugs(site):
    """WB-21."""
    assert site.debug is False
    assert site.secret_key is None
