"""report.html: one self-contained page, without script, that says what was played and what it was worth."""
