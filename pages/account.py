"""My account."""

import streamlit as st

from accounts.roles import Permission
from components import account, session, theme
from components.languages import languages
from data_access.clock import utc_now

actor = session.require(Permission.READ_SHARED)
theme.apply()
st.logo(str(theme.MARK), size="medium")
languages(actor)
account.profile(actor)
left, right = st.columns(2)
with left:
    account.password(actor)
with right:
    account.signed_in(actor, utc_now())
