"""Sign in. Somebody who is signed in already goes on to their first page."""

import streamlit as st

from components import login, session

if session.current() is None:
    login.draw()
else:
    st.switch_page("pages/account.py")
