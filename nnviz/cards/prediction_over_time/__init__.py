"""The prediction over time card."""
