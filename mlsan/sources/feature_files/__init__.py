"""Feature files that other papers published, made into corpora; they are pickles of strangers."""
