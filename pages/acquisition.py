"""Acquisition page: the built-in report of the same name, attributed as the address says."""

from components.attribution_settings import configured, controls
from components.page import show
from reports.library import REPORTS

show(configured(REPORTS["acquisition"]), controls)
