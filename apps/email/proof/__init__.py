"""Looking at a template before anybody gets it: lint, preview, and whom an audience's languages and facts leave out."""
