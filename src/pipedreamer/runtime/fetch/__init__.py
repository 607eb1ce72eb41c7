"""One outgoing HTTP request of a node, in parts: address, headers, connection, redirects, body.

Duty: everything of HTTP that `HttpBroker` needs. It must know nothing of runs, workers or workflows. The modules
`exchange`, `pools`, `dial`, `address`, `redirects` and `failure` import httpx and httpcore, which takes long: nothing
imports them before the first fetch.
"""
