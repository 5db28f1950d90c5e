"""Wiring: which plugin modules make pytest audit pools (fixtures.options: pytest.ini)."""

pytest_plugins = [
    "fixtures.audit",
    "fixtures.workers",
    "fixtures.subjects",
    "fixtures.judge",
    "fixtures.listing",
    "reports.plugin",
    "reports.junit",
    "reports.diff",
]
