"""From volunteers' work to changes that a person can review: questions, texts, sign-offs, measurements."""
