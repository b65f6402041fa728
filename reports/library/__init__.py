"""REPORTS: every built-in report. Add one Report and one entry; pages, exports and schedules read them."""

from __future__ import annotations

from reports.library.acquisition import ACQUISITION
from reports.library.activity import ACTIVITY
from reports.library.audience import AUDIENCE
from reports.library.overview import OVERVIEW
from reports.library.revenue import REVENUE
from reports.report import Report

REPORTS: dict[str, Report] = {report.name: report for report in (OVERVIEW, REVENUE, ACTIVITY, ACQUISITION, AUDIENCE)}
