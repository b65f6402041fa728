"""Live: what happens now."""

import streamlit as st

from accounts.roles import Permission
from components import live, session, theme
from components.languages import languages

actor = session.require(Permission.READ_KPI)
theme.apply()
st.logo(str(theme.MARK), size="medium")
languages(actor)
live.show()
