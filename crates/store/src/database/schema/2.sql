-- Servers over this database, and until when they are sure to live.
CREATE TABLE servers(id TEXT PRIMARY KEY, alive_until BIGINT NOT NULL);
