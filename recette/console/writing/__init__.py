"""« Écrire »: scenarios of one's own, checked and completed while they are typed."""
