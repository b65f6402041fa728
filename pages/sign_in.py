"""Sign in. Somebody who is signed in already goes on to their first page."""

import streamlit as st

from components import login, session
from pages import navigation

actor = session.current()
if actor is None:
    login.draw()
else:
    st.switch_page(navigation.home(actor).path)
