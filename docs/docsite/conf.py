"""Sphinx, for the documentation site. Works without a network: no references to other sites."""

project = "mysqlha.proxysql"
copyright = "The mysqlha.proxysql developers"  # noqa: A001
title = html_short_title = "mysqlha.proxysql"
extensions = ["sphinx_antsibull_ext"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_theme = "alabaster"
html_theme_options = {
    "page_width": "1140px",
    "sidebar_width": "310px",
    "fixed_sidebar": True,
    # the guides; modules and roles are on the first page
    "sidebar_includehidden": False,
}
html_show_sphinx = False
exclude_patterns = ["example"]
nitpicky = True
# References into the documentation of Ansible itself, which is elsewhere.
nitpick_ignore_regex = [
    ("std:ref", r"ansible_collections\.ansible\..*"),
    ("std:.*", r"(ansible|plugin|module|role|common|rebuild|attribute).*"),
]
