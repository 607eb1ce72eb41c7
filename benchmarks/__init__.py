"""Measures what the goals name, side by side on this machine; nothing fails on a time."""
