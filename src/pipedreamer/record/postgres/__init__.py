"""The record in a PostgreSQL database that several engines share. Imported only where a URL says so."""
