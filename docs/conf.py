"""The site: `sphinx-build -W docs FOLDER`; see decision 44."""

from __future__ import annotations

from importlib import metadata

project = "automicro"
author = "The automicro authors"
release = metadata.version("automicro")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "sphinxarg.ext"]
source_suffix = {".md": "markdown"}
root_doc = "index"

myst_heading_anchors = 3
suppress_warnings = []

add_module_names = False
autodoc_typehints = "none"  # numpydoc states the types
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "furo"
html_title = f"automicro {release}"
