"""Allure results: one file for each play, with steps, attachments, links, and categories by attribution."""
