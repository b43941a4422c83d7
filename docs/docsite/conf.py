"""Sphinx, for the documentation site. Works without a network: nothing is taken from other sites."""

project = "mysqlha.proxysql"
copyright = "The mysqlha.proxysql developers"  # noqa: A001
title = html_title = html_short_title = "mysqlha.proxysql"
extensions = ["sphinx_antsibull_ext"]
pygments_style = "ansible"
pygments_dark_style = "monokai"
highlight_language = "YAML+Jinja"
html_theme = "furo"
html_theme_options = {
    "source_repository": "https://github.com/mysqlha/proxysql/",
    "source_branch": "main",
    "source_directory": "docs/docsite/rst/",
    "top_of_page_buttons": [],
    "light_css_variables": {"color-brand-primary": "#0b5cad", "color-brand-content": "#0b5cad"},
    "dark_css_variables": {"color-brand-primary": "#79b8ff", "color-brand-content": "#79b8ff"},
}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
exclude_patterns = ["example"]
nitpicky = True
# References into the documentation of Ansible itself, which is elsewhere.
nitpick_ignore_regex = [
    ("std:ref", r"ansible_collections\.ansible\..*"),
    ("std:.*", r"(ansible|plugin|module|role|common|rebuild|attribute).*"),
]
