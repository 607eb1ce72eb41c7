"""Runs as OpenTelemetry traces.

Duty: a run's spans, its caller's trace context, and the sending of it all. `opening` decides whether there are traces
at all; nothing but it is imported, and OpenTelemetry never, where nobody asked for them. It must know nothing of HTTP
requests, workers or the record.
"""
