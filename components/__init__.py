"""Streamlit drawing."""
