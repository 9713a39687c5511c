//! What the process was given: search path, home, and where data and scratch files go.

use std::{
    env,
    ffi::OsString,
    path::PathBuf,
    process,
    time::{SystemTime, UNIX_EPOCH},
};

use coder::Environment;

/// Reads the environment; nothing else in the workspace does.
pub fn read() -> Environment {
    let home = env::var_os("HOME")
        .filter(|home| !home.is_empty())
        .map(PathBuf::from);
    Environment {
        path: env::var_os("PATH")
            .map(|path| env::split_paths(&path).collect())
            .unwrap_or_default(),
        data: data(home.as_deref().map(PathBuf::from)),
        home,
        scratch: env::temp_dir(),
    }
}

/// The hub that models are fetched from: HF_ENDPOINT, the token in HF_TOKEN, and HTTPS_PROXY.
pub fn hub(endpoint: Option<&str>) -> library::HubOptions {
    let given = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let usual = library::HubOptions::default();
    library::HubOptions {
        endpoint: endpoint
            .map(str::to_owned)
            .or_else(|| given("HF_ENDPOINT"))
            .unwrap_or(usual.endpoint),
        token: given("HF_TOKEN"),
        proxy: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .into_iter()
            .find_map(given),
    }
}

/// `$FREEHOLD_DATA`, else `$XDG_DATA_HOME/freehold`, else `~/.local/share/freehold`.
fn data(home: Option<PathBuf>) -> PathBuf {
    let given = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    given("FREEHOLD_DATA")
        .or_else(|| given("XDG_DATA_HOME").map(|folder| folder.join("freehold")))
        .or_else(|| home.map(|home| home.join(".local/share/freehold")))
        .unwrap_or_else(|| env::temp_dir().join("freehold-data"))
}

/// Variables that version managers need in order to find what they manage, as far as they are set.
pub fn of_version_managers() -> Vec<(&'static str, OsString)> {
    let names = [
        "CARGO_HOME",
        "HOME",
        "PATH",
        "PYENV_ROOT",
        "PYENV_VERSION",
        "RUSTUP_HOME",
        "RUSTUP_TOOLCHAIN",
    ];
    let set = |name| env::var_os(name).map(|value| (name, value));
    names.into_iter().filter_map(set).collect()
}

/// A name for a run that sorts by time: milliseconds since 1970 and the process.
pub fn run_name() -> String {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("{:013}-{}", since.as_millis(), process::id())
}

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Seconds since 1970 began.
pub fn seconds_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs() as i64
}

/// A number that is another each time.
pub fn any_number() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(process::id())
}

/// Whether the terminal can erase what stands in a line.
pub fn terminal_can_erase() -> bool {
    env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb")
}

/// Columns of the terminal that shows standard output.
pub fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    let columns = size.map_or(0, |size| usize::from(size.ws_col));
    // Some say none.
    if columns == 0 { 80 } else { columns }
}
