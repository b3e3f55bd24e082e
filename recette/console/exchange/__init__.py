"""« Échanger »: messages to and from a partner without a scenario."""
