//! Why something is permitted or not, in words.

use std::fmt;

/// What the rules say of a request, and which of them decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is permitted.
    pub allowed: bool,
    /// What was asked for.
    pub action: &'static str,
    /// On what, in words.
    pub on: String,
    /// The role of whoever asks.
    pub role: &'static str,
    /// The rules that decided; none where no rule permits it.
    pub rules: Vec<Rule>,
    /// Rules that could not be computed; then it is refused.
    pub broken: Vec<String>,
}

/// A rule that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its `@id`, or the file and place where it stands.
    pub id: String,
    /// Its `@says`.
    pub says: Option<String>,
    /// The file it stands in.
    pub file: String,
}

/// A file of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFile {
    /// What it is called.
    pub name: String,
    /// What it says.
    pub text: String,
    /// Whether it came with the program, and is not the owner's.
    pub is_shipped: bool,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            action, on, role, ..
        } = self;
        let word = match self.allowed {
            true => "permitted",
            false => "not permitted",
        };
        write!(f, "`{action}` on {on} is {word} to this {role}: ")?;
        if !self.broken.is_empty() {
            return write!(f, "rule {} cannot be computed", self.broken.join(", "));
        }
        if self.rules.is_empty() {
            return f.write_str("no rule permits it");
        }
        for (index, rule) in self.rules.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            match &rule.says {
                Some(says) => write!(f, "{says} (rule `{}`)", rule.id)?,
                None => write!(f, "rule `{}` of `{}`", rule.id, rule.file)?,
            }
        }
        Ok(())
    }
}
