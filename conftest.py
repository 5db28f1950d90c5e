"""Wiring: which plugin modules make pytest audit pools."""

pytest_plugins = [
    "fixtures.options",
    "fixtures.audit",
    "fixtures.subjects",
    "fixtures.judge",
    "reports.plugin",
]
