"""The program as a person types it: one file a command, each loaded when it is asked for."""
