"""One workflow served over HTTP. Owns no settings and starts nothing by itself: `cli/serve.py` puts it together.

`app.App` answers requests for the `service.Service` it is handed, `binding.bind` and `server.serve` put it on a socket.
Nothing is imported here: the server is loaded while the workers start.
"""
