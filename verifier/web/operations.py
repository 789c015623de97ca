"""For operators and their programs: health, readiness, metrics, the API's description."""

import json
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, current_app

from protocol.primitives import render_hex
from verifier.report import render_time
from verifier.web.openapi import build_openapi
from verifier.web.readiness import NetworkState, Readiness, list_gauges
from verifier.web.service import find_service

operations: Final = Blueprint("operations", __name__)
METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@operations.get("/healthz")
def healthz() -> Response:
    """Say that this process answers; nothing else is asked."""
    return _render_json({"status": "ok"})


@operations.get("/readyz")
def readyz() -> Response:
    """Say whether reports can be made, and what is in the way."""
    readiness = find_service().probe.check()
    status = HTTPStatus.OK if readiness.ready else HTTPStatus.SERVICE_UNAVAILABLE
    return _render_json(describe_readiness(readiness), status)


@operations.get("/metrics")
def metrics() -> Response:
    """Show what was counted, over all processes."""
    service = find_service()
    gauges = list(list_gauges(service.probe.check()))
    gauges.append(("rootseal_build_info", {"version": service.config.version}, 1))
    return Response(service.metrics.render(gauges), content_type=METRICS_TYPE)


@operations.get("/api/v1/openapi.json")
def openapi() -> Response:
    """Describe the API."""
    return _render_json(build_openapi(current_app, find_service().config))


def describe_readiness(readiness: Readiness) -> dict[str, object]:
    """Return what `/readyz` shows."""
    return {
        "ready": readiness.ready,
        "problems": list(readiness.problems),
        "networks": [_describe_network(network) for network in readiness.networks],
        "checkedAt": render_time(readiness.checked_at),
    }


def _describe_network(network: NetworkState) -> dict[str, object]:
    head = network.head
    return {
        "name": network.name,
        "problems": list(network.problems),
        "chainId": network.chain_id,
        "head": None
        if head is None
        else {"number": head.number, "hash": render_hex(head.hash), "time": render_time(head.time)},
        "headAgeSeconds": network.head_age_seconds,
        "finalLagBlocks": network.final_lag_blocks,
    }


def _render_json(body: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")
