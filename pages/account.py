"""My account."""

import streamlit as st

from accounts.roles import Permission
from components import session

actor = session.require(Permission.READ_SHARED)
st.title(actor.name, anchor=False)
if st.button("Sign out" if actor.locale == "en" else "Se déconnecter", key="sign_out"):
    session.close(actor)
    st.rerun()
