"""Retention: the analysis page of the same name."""

from components.analysis.page import show_analysis
from components.analysis.retention import RETENTION

show_analysis(RETENTION)
