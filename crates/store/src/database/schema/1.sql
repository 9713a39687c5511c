CREATE TABLE facts(name TEXT PRIMARY KEY, value BLOB NOT NULL);

-- Keys and those who have none any more. Everything that is sealed hangs on its owner's key.
CREATE TABLE data_keys(owner TEXT PRIMARY KEY, id BLOB NOT NULL, wrapped BLOB NOT NULL);
CREATE TABLE erased(owner TEXT PRIMARY KEY, erased_at BIGINT NOT NULL);

CREATE TABLE users(
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, password_hash TEXT, role TEXT NOT NULL,
    disabled BIGINT NOT NULL, created_at BIGINT NOT NULL
);
CREATE TABLE sessions(
    hash BLOB PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions(user_id);
CREATE TABLE links(
    hash BLOB PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    purpose TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL
);
CREATE INDEX links_user ON links(user_id);
CREATE TABLE projects(id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at BIGINT NOT NULL, archived_at BIGINT);
CREATE TABLE members(
    project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    role TEXT NOT NULL, PRIMARY KEY(project_id, user_id)
);
CREATE INDEX members_user ON members(user_id);
CREATE TABLE api_keys(
    id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, prefix TEXT NOT NULL, name TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    project_id TEXT REFERENCES projects(id) ON DELETE CASCADE,
    scopes TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT, revoked_at BIGINT,
    requests_per_minute BIGINT, tokens_per_minute BIGINT, tokens_per_day BIGINT, tokens_total BIGINT
);
CREATE INDEX api_keys_user ON api_keys(user_id, id);
CREATE INDEX api_keys_project ON api_keys(project_id, id);
CREATE TABLE usage_counters(
    subject TEXT NOT NULL, window_start BIGINT NOT NULL, requests BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL, PRIMARY KEY(subject, window_start)
);

CREATE TABLE objects(
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL REFERENCES data_keys(owner),
    project TEXT, parent TEXT, created_at BIGINT NOT NULL, version BIGINT NOT NULL, state TEXT NOT NULL,
    metadata TEXT NOT NULL, body BLOB NOT NULL, items_next BIGINT NOT NULL, events_next BIGINT NOT NULL
);
CREATE INDEX objects_owner ON objects(owner, kind, created_at, id);
CREATE INDEX objects_kind ON objects(kind, created_at, id);
CREATE INDEX objects_project ON objects(project, kind, created_at, id);
CREATE INDEX objects_parent ON objects(parent, created_at, id);
CREATE TABLE object_metadata(
    object_id TEXT NOT NULL REFERENCES objects(id) ON DELETE CASCADE, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY(object_id, name)
);
CREATE INDEX object_metadata_value ON object_metadata(name, value, object_id);
CREATE TABLE items(
    object_id TEXT NOT NULL REFERENCES objects(id) ON DELETE CASCADE, position BIGINT NOT NULL, id TEXT NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY(object_id, position), UNIQUE(object_id, id)
);
CREATE TABLE events(
    object_id TEXT NOT NULL REFERENCES objects(id) ON DELETE CASCADE, sequence BIGINT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY(object_id, sequence)
);

CREATE TABLE blobs(
    owner TEXT NOT NULL REFERENCES data_keys(owner), sha256 TEXT NOT NULL, storage TEXT NOT NULL UNIQUE,
    bytes BIGINT NOT NULL, touched_at BIGINT NOT NULL, proof BLOB NOT NULL, PRIMARY KEY(owner, sha256)
);
CREATE INDEX blobs_touched ON blobs(touched_at);
CREATE TABLE blob_uses(
    object_id TEXT NOT NULL REFERENCES objects(id) ON DELETE CASCADE, owner TEXT NOT NULL, sha256 TEXT NOT NULL,
    PRIMARY KEY(object_id, sha256), FOREIGN KEY(owner, sha256) REFERENCES blobs(owner, sha256)
);
CREATE INDEX blob_uses_blob ON blob_uses(owner, sha256);
CREATE TABLE garbage(storage TEXT PRIMARY KEY);

CREATE TABLE jobs(
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL REFERENCES data_keys(owner),
    idempotency_key TEXT, payload BLOB NOT NULL, state TEXT NOT NULL, created_at BIGINT NOT NULL,
    run_at BIGINT NOT NULL, attempts BIGINT NOT NULL, attempts_max BIGINT NOT NULL, backoff_ms BIGINT NOT NULL,
    worker TEXT, fence BIGINT NOT NULL, lease_until BIGINT,
    result BLOB, ended_at BIGINT, events_next BIGINT NOT NULL, UNIQUE(kind, owner, idempotency_key)
);
CREATE INDEX jobs_queue ON jobs(state, kind, run_at);
CREATE INDEX jobs_list ON jobs(created_at, id);
CREATE INDEX jobs_owner ON jobs(owner, created_at, id);
CREATE TABLE job_steps(
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, name TEXT NOT NULL, fence BIGINT NOT NULL,
    result BLOB NOT NULL, PRIMARY KEY(job_id, name)
);
CREATE TABLE job_events(
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, sequence BIGINT NOT NULL, at BIGINT NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY(job_id, sequence)
);

CREATE TABLE audit(sequence BIGINT PRIMARY KEY, at BIGINT NOT NULL, hash BLOB NOT NULL, line TEXT NOT NULL);
CREATE TABLE checkpoints(sequence BIGINT PRIMARY KEY, at BIGINT NOT NULL, hash BLOB NOT NULL, signature BLOB NOT NULL);
