"""Explore: the analysis page of the same name."""

from components.analysis.explore import EXPLORE
from components.analysis.page import show_analysis

show_analysis(EXPLORE)
