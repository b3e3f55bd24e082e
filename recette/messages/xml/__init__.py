"""Messages in XML: bytes to the same tree as JSON, back again, and the XSDs that judge it."""
