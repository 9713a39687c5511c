-- What people are called by others, in any letters; without one, by the name they sign in with.
ALTER TABLE users ADD COLUMN display_name TEXT;
