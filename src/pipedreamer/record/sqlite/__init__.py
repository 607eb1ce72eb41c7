"""The record in one SQLite file of one engine, and a folder of large values beside it."""
