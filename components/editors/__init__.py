"""Form pieces that make a question: each reads and writes one place of a draft, so any page may combine them."""
