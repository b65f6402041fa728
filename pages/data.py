"""Data: what comes in, what is meant to, what could not be kept, and the keys to send with."""

import streamlit as st

from accounts.roles import Permission
from components import session, theme
from components.data import board
from components.languages import languages
from data_access.clock import utc_now

actor = session.require(Permission.ADMINISTER)
theme.apply()
st.logo(str(theme.MARK), size="medium")
languages(actor)
board.show(actor, utc_now())
