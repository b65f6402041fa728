"""Funnels: the analysis page of the same name."""

from components.analysis.funnels import FUNNELS
from components.analysis.page import show_analysis

show_analysis(FUNNELS)
