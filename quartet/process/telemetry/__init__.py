"""OpenTelemetry for a process: off unless an endpoint is set, and then no module of OpenTelemetry is loaded.

`opening` decides and opens. `sdk`, `exporters` and `instruments` import OpenTelemetry, and are imported by it only.
"""
