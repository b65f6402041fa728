"""Audience page: the built-in report of the same name."""

from components.page import show
from reports.library import REPORTS

show(REPORTS["audience"])
