"""Sphinx's settings. website/build.py writes the pages that it reads; see there."""

import minclip
from website import formulas, search

project = "minclip"
author = "the authors of minclip"
copyright = "the authors of minclip, MIT licence"
version = release = minclip.__version__
language = "en"
smartquotes = False  # "--out" is no dash
toc_object_entries_show_parents = "hide"
extensions = ["myst_nb", "sphinx_design", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "html_image"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # figures and outputs come from solutions/
nb_ipywidgets_js = {}  # no lesson has widgets, and these would come from elsewhere
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
html_theme = "sphinx_book_theme"
html_title = "minclip"
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "navbar_persistent": [],  # the search is at the side, and on a phone in the bar of the page
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # a browser does not fetch one file from another in a plain folder; see search.py
html_search_language = "en"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def setup(app):
    formulas.setup(app)
    search.setup(app)
