"""The language-free half of the generator: marked spans, phrase tables, schemas, noise, mapped corpora."""
