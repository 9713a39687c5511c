//! `freehold audit`, `user`, `key`: the people of the house, and what was done in it.

use std::path::PathBuf;

use clap::Subcommand;
use policy::{Role, Scope};

// A doc comment here would be taken for the help of every command that holds it.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// The folder of the data [default: that of the environment]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The database: `sqlite:PATH`, from the folder of the data, or `postgres://…`
    #[arg(long, value_name = "URL", default_value = "sqlite:freehold.db")]
    pub database: String,
}

/// `freehold audit …`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Find any edit, drop or reorder in the log; exit 1 if there is one
    Verify(AuditVerify),
    /// Show what was done: who, what, on what, and which rule decided
    Show(AuditShow),
    /// Write the log with its checkpoints, to be kept or verified elsewhere
    Export(AuditExport),
}

/// `freehold audit verify [FILE]`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each line carries the hash of all before it, and every few seconds the end is signed. Lines behind
the last checkpoint can be cut off unseen, and anything be written anew by whoever holds database,
master key and anchor together. An export kept elsewhere, and the key written down, tell then.

  freehold audit verify
  freehold audit verify log-of-may.txt --key 3f0c…")]
pub struct AuditVerify {
    /// An export to verify in place of the database
    pub file: Option<PathBuf>,

    /// A public key that may have signed; an export is checked by this alone
    #[arg(long = "key", value_name = "HEX", value_parser = key)]
    pub keys: Vec<PublicKey>,

    #[command(flatten)]
    pub place: Place,
}

/// A key that checks signatures.
#[derive(Debug, Clone, Copy)]
pub struct PublicKey(pub [u8; 32]);

fn key(text: &str) -> Result<PublicKey, String> {
    let key = policy::audit::parse_key(text).map(PublicKey);
    key.ok_or_else(|| "a public key has 64 hexadecimal digits of lower case".to_owned())
}

/// `freehold audit show`
#[derive(Debug, clap::Args)]
pub struct AuditShow {
    /// So many of the last lines
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub last: u64,

    /// From this line on, in place of the last ones
    #[arg(long, value_name = "LINE")]
    pub from: Option<u64>,

    /// Only what this person asked for, by name or id
    #[arg(long, value_name = "WHO")]
    pub by: Option<String>,

    /// Only what was refused
    #[arg(long)]
    pub refused: bool,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold audit export`
#[derive(Debug, clap::Args)]
pub struct AuditExport {
    /// Where to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Replace FILE if it exists
    #[arg(long, requires = "out")]
    pub force: bool,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold user …`
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add somebody, and print a link by which they sign in once
    Add(UserAdd),
    /// List who is here
    List(UserList),
    /// Keep somebody out: their sessions end, their keys stop working
    Disable(UserNamed),
    /// Let somebody in again
    Enable(UserNamed),
    /// Give somebody another role
    Role(UserRole),
    /// Change what others see somebody called
    Name(UserName),
    /// Set somebody's password; their sessions end
    Password(UserPassword),
    /// Print a new link by which somebody signs in once
    Link(UserLink),
}

/// `freehold user add NAME`
#[derive(Debug, clap::Args)]
pub struct UserAdd {
    /// The name they sign in with
    pub name: String,

    /// What others see them called, in any letters [default: the name they sign in with]
    #[arg(long, value_name = "TEXT")]
    pub display_name: Option<String>,

    /// What they are: `guest`, `member`, `admin` or `owner`
    #[arg(long, value_name = "ROLE", default_value = "member")]
    pub role: Role,

    /// The address of the house, for the link
    #[arg(long, value_name = "URL", default_value = ADDRESS)]
    pub address: String,

    #[command(flatten)]
    pub place: Place,
}

/// Where the house stands when nobody says otherwise.
const ADDRESS: &str = "http://127.0.0.1:8787";

/// `freehold user list`
#[derive(Debug, clap::Args)]
pub struct UserList {
    #[command(flatten)]
    pub place: Place,
}

/// `freehold user disable NAME` and its like.
#[derive(Debug, clap::Args)]
pub struct UserNamed {
    /// The name they sign in with
    pub name: String,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold user role NAME ROLE`
#[derive(Debug, clap::Args)]
pub struct UserRole {
    /// The name they sign in with
    pub name: String,

    /// What they will be: `guest`, `member`, `admin` or `owner`
    pub role: Role,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold user name NAME TEXT`
#[derive(Debug, clap::Args)]
pub struct UserName {
    /// The name they sign in with, which stays
    pub name: String,

    /// What others see them called, in any letters; nothing for the name they sign in with
    #[arg(value_name = "TEXT")]
    pub display_name: String,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold user password NAME`
#[derive(Debug, clap::Args)]
pub struct UserPassword {
    /// The name they sign in with
    pub name: String,

    /// Read the password from the first line of standard input
    #[arg(long)]
    pub stdin: bool,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold user link NAME`
#[derive(Debug, clap::Args)]
pub struct UserLink {
    /// The name they sign in with
    pub name: String,

    /// The address of the house, for the link
    #[arg(long, value_name = "URL", default_value = ADDRESS)]
    pub address: String,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold key …`
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key for programs, and print it this once
    Add(KeyAdd),
    /// List keys, without what opens
    List(KeyList),
    /// Take a key back for good
    Revoke(KeyRevoke),
}

/// `freehold key add USER`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Scopes: infer asks models; read and write what the person keeps; manage account, keys and people as
far as the person may; audit reads the log.

  freehold key add ada --name editor
  freehold key add ada --name nightly --days 30 --tokens-per-day 2000000")]
pub struct KeyAdd {
    /// Whose it will be, by name
    pub user: String,

    /// What to call it
    #[arg(long, value_name = "NAME", default_value = "key")]
    pub name: String,

    /// What it may be used for
    #[arg(
        long = "scope",
        value_name = "SCOPE",
        value_delimiter = ',',
        default_value = "infer,read,write"
    )]
    pub scopes: Vec<Scope>,

    /// The id of the project it works for
    #[arg(long, value_name = "ID")]
    pub project: Option<String>,

    /// It works for so many days [default: until it is revoked]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36500))]
    pub days: Option<u32>,

    /// Requests a minute, at most
    #[arg(long, value_name = "N")]
    pub requests_per_minute: Option<u64>,

    /// Tokens a minute, at most
    #[arg(long, value_name = "N")]
    pub tokens_per_minute: Option<u64>,

    /// Tokens a day, at most
    #[arg(long, value_name = "N")]
    pub tokens_per_day: Option<u64>,

    /// Tokens in all, at most
    #[arg(long, value_name = "N")]
    pub tokens_total: Option<u64>,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold key list [USER]`
#[derive(Debug, clap::Args)]
pub struct KeyList {
    /// Only those of this person
    pub user: Option<String>,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold key revoke ID`
#[derive(Debug, clap::Args)]
pub struct KeyRevoke {
    /// The id that `freehold key list` shows
    pub id: String,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold backup FILE`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The house may stay open meanwhile. The file holds the database and all files, sealed as they are: keep the
master key (`master.key` in the folder of the data) elsewhere, or nothing of it can be read again.")]
pub struct Backup {
    /// Where to write
    pub file: PathBuf,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold restore FILE`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The database has to be empty or missing, and the master key in its place (`master.key` in the folder of
the data). Whoever was erased since, as that folder remembers, is erased again.")]
pub struct Restore {
    /// What `freehold backup` wrote
    pub file: PathBuf,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold export --user NAME -o FOLDER`
#[derive(Debug, clap::Args)]
pub struct Export {
    /// Whose things, by name
    #[arg(long, value_name = "NAME")]
    pub user: String,

    /// The folder to make; what is in it can be read by anybody
    #[arg(short, long, value_name = "FOLDER")]
    pub out: PathBuf,

    #[command(flatten)]
    pub place: Place,
}

/// `freehold erase --user NAME`
#[derive(Debug, clap::Args)]
pub struct Erase {
    /// Whom, by name
    #[arg(long, value_name = "NAME")]
    pub user: String,

    /// Do not ask
    #[arg(long)]
    pub yes: bool,

    #[command(flatten)]
    pub place: Place,
}
