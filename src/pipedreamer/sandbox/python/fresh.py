"""Importing a workflow's own files from their source, always.

Python's cache of compiled files compares whole seconds and sizes, so that an edit right after a run would not be seen;
and a workflow's folder is not ours to write into.
"""

import importlib.machinery
import sys
from types import CodeType


class FreshLoader(importlib.machinery.SourceFileLoader):
    """Compiles the source, reads and writes no cache."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def import_fresh_below(root: str) -> None:
    """Use `FreshLoader` for every import from this folder and those below it."""

    def hook(path: str) -> importlib.machinery.FileFinder:
        if path != root and not path.startswith(root + "/"):
            raise ImportError
        extensions = (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES)
        return importlib.machinery.FileFinder(path, extensions, (FreshLoader, importlib.machinery.SOURCE_SUFFIXES))

    sys.dont_write_bytecode = True
    sys.path_hooks.insert(0, hook)
