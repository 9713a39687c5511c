//! The places where people keep secrets; hidden even below a path that a policy makes readable.

use std::fs;
use std::path::{Path, PathBuf};

const SYSTEM: &[&str] = &[
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/ssl/private",
    "/etc/ssh",
    "/etc/krb5.keytab",
    "/var/lib/freehold",
];

const BELOW_HOME: &[&str] = &[
    ".aws",
    ".azure",
    ".bash_history",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".config/freehold",
    ".config/gcloud",
    ".config/gh",
    ".config/google-chrome",
    ".config/hub",
    ".config/op",
    ".docker",
    ".git-credentials",
    ".gnupg",
    ".kube",
    ".local/share/freehold",
    ".local/share/keyrings",
    ".mozilla",
    ".netrc",
    ".npmrc",
    ".password-store",
    ".pgpass",
    ".psql_history",
    ".pypirc",
    ".python_history",
    ".ssh",
    ".terraform.d/credentials.tfrc.json",
    ".vault-token",
    ".zsh_history",
];

/// The existing secrets that a mount of one of `sources` would show. Granting a secret by its own
/// name, or something below it, is taken as meant.
pub(crate) fn below(sources: &[PathBuf]) -> Vec<PathBuf> {
    let is_shown = |path: &Path| {
        sources
            .iter()
            .any(|source| path.starts_with(source) && path != source)
    };
    let near_a_source = |home: &PathBuf| {
        sources
            .iter()
            .any(|source| home.starts_with(source) || source.starts_with(home))
    };
    let homes = homes().into_iter().filter(near_a_source);
    let mut found = homes
        .flat_map(|home| BELOW_HOME.iter().map(move |name| home.join(name)))
        .collect::<Vec<_>>();
    found.extend(SYSTEM.iter().map(PathBuf::from));
    found.retain(|path| is_shown(path) && path.exists());
    found
}

/// Every home directory of `/etc/passwd`, and `/root`.
fn homes() -> Vec<PathBuf> {
    let mut homes = vec![PathBuf::from("/root")];
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    for home in users.lines().filter_map(|line| line.split(':').nth(5)) {
        let home = PathBuf::from(home);
        if home.components().count() > 1 && !homes.contains(&home) {
            homes.push(home);
        }
    }
    homes
}
