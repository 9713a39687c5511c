//! What may be typed in a conversation besides words.

/// A command, with what follows it.
#[derive(Debug, PartialEq, Eq)]
pub enum Slash<'a> {
    Help,
    /// Another model, or which one it is.
    Model(Option<&'a str>),
    /// Other rules for the model, or which they are; `-` for none.
    System(Option<&'a str>),
    Clear,
    /// Where to.
    Save(Option<&'a str>),
    Tokens,
    Stats,
    Quit,
    Unknown(&'a str),
}

/// All commands, for completion.
pub const NAMES: [&str; 8] = [
    "/help", "/model", "/system", "/clear", "/save", "/tokens", "/stats", "/quit",
];

/// What `/help` says.
pub const HELP: &str = "\
/model [NAME|PATH]  talk with another model; alone, say which one this is
/system [TEXT]      tell the model how to be (`-` for nothing); alone, say what it was told
/clear              begin anew
/save FILE          write the conversation to a Markdown file
/tokens             say how much of the context is used
/stats              say after each answer how fast it came, or stop saying so
/quit               leave (also Ctrl-D)

Alt-Enter, Ctrl-J or a backslash at the end of a line begins another line. The arrow keys bring back what
you wrote. Esc or Ctrl-C stops an answer and keeps what was said. //text says `/text` to the model.
";

impl<'a> Slash<'a> {
    /// The command that `typed` is; none for words to the model.
    pub fn of(typed: &'a str) -> Option<Self> {
        let typed = typed.trim();
        if !typed.starts_with('/') || typed.starts_with("//") {
            return None;
        }
        let (name, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let rest = Some(rest.trim()).filter(|rest| !rest.is_empty());
        Some(match name {
            "/help" | "/?" => Self::Help,
            "/model" => Self::Model(rest),
            "/system" => Self::System(rest),
            "/clear" | "/new" => Self::Clear,
            "/save" => Self::Save(rest),
            "/tokens" => Self::Tokens,
            "/stats" => Self::Stats,
            "/quit" | "/exit" | "/q" => Self::Quit,
            other => Self::Unknown(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_words() {
        assert_eq!(Slash::of("what is /help?"), None);
        assert_eq!(Slash::of("//etc is a folder"), None);
        assert_eq!(Slash::of(" /help "), Some(Slash::Help));
        assert_eq!(
            Slash::of("/system be brief"),
            Some(Slash::System(Some("be brief")))
        );
        assert_eq!(Slash::of("/model"), Some(Slash::Model(None)));
        assert_eq!(Slash::of("/fly x"), Some(Slash::Unknown("/fly")));
        for name in NAMES {
            assert!(!matches!(Slash::of(name), None | Some(Slash::Unknown(_))));
            assert!(name == "/help" || HELP.contains(name), "{name}");
        }
    }
}
