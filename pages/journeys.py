"""Journeys: the analysis page of the same name."""

from components.analysis.journeys import JOURNEYS
from components.analysis.page import show_analysis

show_analysis(JOURNEYS)
