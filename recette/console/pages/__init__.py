"""What the console shows, a module a page; text becomes HTML through `recette.report.markup` alone."""
