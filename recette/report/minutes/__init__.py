"""The procès-verbal de recette: a PDF to be signed and filed."""
