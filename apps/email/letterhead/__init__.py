"""What a mail carries besides its words: headers for mail programs, a return path, links to leave, DKIM signatures."""
