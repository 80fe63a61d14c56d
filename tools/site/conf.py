"""What Sphinx is told of the site. `make docs` copies the pages and runs it: see build.py."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from symnet import __version__  # noqa: E402  # the paths come first

project = "symnet"
author = "The symnet authors"
copyright = "the symnet authors"
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docstrings",
    "myst_nb",
    "sphinx_copybutton",
    "public_names",
]
root_doc = "index"
needs_sphinx = "8.0"
suppress_warnings = ["config.cache"]

# -- Markdown, as GitHub reads it ------------------------------------------------------------------

myst_enable_extensions = ["strikethrough"]
myst_heading_anchors = 4
myst_heading_slug_func = "references.anchor"

# -- notebooks: executed at each build, as what they show follows from the code of symnet ----------

nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True

# -- the reference, from docstrings ----------------------------------------------------------------

default_role = "py:obj"  # single backticks in docstrings name objects
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # signatures are long already; `Args` says what is taken
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
add_module_names = False
toc_object_entries = False

# -- how it looks, without anything from elsewhere -------------------------------------------------

html_theme = "furo"
html_title = f"symnet {version}"
html_static_path = [str(HERE / "static")]
html_css_files = ["symnet.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
html_theme_options = {"sidebar_hide_name": False, "navigation_with_keys": True}

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos"
