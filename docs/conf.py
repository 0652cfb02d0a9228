"""The site: `sphinx-build -W docs FOLDER`; see decision 44."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "automicro"
author = "The automicro authors"
release = metadata.version("automicro")

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "sphinxarg.ext"]
root_doc = "index"
html_theme = "furo"
html_title = f"automicro {release}"

myst_heading_anchors = 3
add_module_names = False
autodoc_typehints = "none"  # the docstrings state the types
autodoc_member_order = "bysource"
numpydoc_show_class_members = False


def _offer_files(_app: Sphinx, _page: str, text: list[str]) -> None:
    """Offer files outside of the site for download, where a reader of the repository follows a link."""
    text[0] = text[0].replace("](../../benchmarks/", "](path:../../benchmarks/")


def setup(app: Sphinx) -> None:
    """Register what the site needs beside the extensions."""
    app.connect("source-read", _offer_files)
