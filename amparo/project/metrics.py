"""Figures for Prometheus. Labels name routes and states, never people."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

REQUESTS = Counter("amparo_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "amparo_request_seconds", "Time to answer", ["route"], buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
)
