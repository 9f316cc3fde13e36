"""The console's pages of texts, broadcasts and carriers. All of it is read and ordered through the app's verbs."""
