"""One workflow served over HTTP. Owns no settings and starts nothing by itself: `cli/serve.py` puts it together."""
