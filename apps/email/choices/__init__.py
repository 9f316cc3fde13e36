"""The pages behind the links in a mail, to unsubscribe and to choose: plain HTML in each person's language."""
