//! What may be typed in a conversation besides words.

use crate::console::paint::{self, styled};

/// A command, with what follows it.
#[derive(Debug, PartialEq, Eq)]
pub enum Slash<'a> {
    Help,
    /// Another model, or which one it is.
    Model(Option<&'a str>),
    /// Other rules for the model, or which they are; `-` for none.
    System(Option<&'a str>),
    Clear,
    /// The last answer once more.
    Retry,
    /// The last question and its answer, unsaid.
    Undo,
    /// A file's text, to be said with the next words.
    Read(Option<&'a str>),
    /// Whether to think first.
    Think(Option<&'a str>),
    /// How words are chosen: what, and how.
    Set(Option<(&'a str, &'a str)>),
    /// Where to.
    Save(Option<&'a str>),
    Tokens,
    Stats,
    Quit,
    Unknown(&'a str),
}

/// Every command: its name, what follows it, and what it does.
const COMMANDS: [(&str, &str, &str); 13] = [
    (
        "/model",
        "[NAME|PATH]",
        "talk with another model; alone, which one this is",
    ),
    (
        "/system",
        "[TEXT]",
        "tell the model how to be, `-` for nothing",
    ),
    (
        "/read",
        "FILE",
        "let a file's text follow what you say next",
    ),
    ("/retry", "", "answer the last question once more"),
    ("/undo", "", "take the last question and its answer back"),
    ("/clear", "", "begin anew"),
    ("/think", "[on|off|auto]", "think before answering, or not"),
    (
        "/set",
        "NAME VALUE",
        "temperature, top-p, top-k, seed or max-tokens",
    ),
    ("/save", "FILE", "write the conversation to a Markdown file"),
    ("/tokens", "", "say how much of the context is used"),
    ("/stats", "", "say after each answer how fast it came"),
    ("/help", "", "say this"),
    ("/quit", "", "leave"),
];

/// Keys, and what they do.
const KEYS: [(&str, &str); 5] = [
    ("Esc, Ctrl-C", "stop an answer; what was said is kept"),
    ("Alt-Enter, Ctrl-J, \\ at the end", "begin another line"),
    ("\"\"\"", "begin and end a text of many lines"),
    (
        "Up, Down, Ctrl-R",
        "bring back what you wrote, search in it",
    ),
    ("Ctrl-D", "leave"),
];

/// The names of all commands, for completion.
pub fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.into_iter().map(|(name, ..)| name)
}

/// What `/help` says.
pub fn help() -> String {
    let mut text = String::new();
    for (name, rest, what) in COMMANDS {
        let typed = format!("{} {}", styled(paint::TYPED, name), rest);
        let pad = " ".repeat(21_usize.saturating_sub(name.len() + rest.len()));
        text += &format!("  {typed}{pad}{what}\n");
    }
    text.push('\n');
    for (keys, what) in KEYS {
        let pad = " ".repeat(34_usize.saturating_sub(keys.chars().count()));
        text += &format!("  {}{pad}{what}\n", styled(paint::STRONG, keys));
    }
    text += "\n  //text says `/text` to the model; `/system` and `/set` alone say what is set\n";
    text
}

impl<'a> Slash<'a> {
    /// The command that `typed` is; none for words to the model.
    pub fn of(typed: &'a str) -> Option<Self> {
        let typed = typed.trim();
        if !typed.starts_with('/') || typed.starts_with("//") {
            return None;
        }
        let (name, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let rest = Some(rest.trim()).filter(|rest| !rest.is_empty());
        let pair = |text: &'a str| text.split_once(char::is_whitespace).unwrap_or((text, ""));
        Some(match name {
            "/help" | "/?" => Self::Help,
            "/model" | "/show" => Self::Model(rest),
            "/system" => Self::System(rest),
            "/clear" | "/new" => Self::Clear,
            "/retry" | "/regenerate" => Self::Retry,
            "/undo" => Self::Undo,
            "/read" | "/file" => Self::Read(rest),
            "/think" => Self::Think(rest),
            "/set" => Self::Set(rest.map(pair)),
            "/save" => Self::Save(rest),
            "/tokens" => Self::Tokens,
            "/stats" => Self::Stats,
            "/quit" | "/exit" | "/bye" | "/q" => Self::Quit,
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
        assert_eq!(
            Slash::of("/set top-p 0.5"),
            Some(Slash::Set(Some(("top-p", "0.5"))))
        );
        assert_eq!(Slash::of("/fly x"), Some(Slash::Unknown("/fly")));
        for name in names() {
            assert!(!matches!(Slash::of(name), None | Some(Slash::Unknown(_))));
            assert!(help().contains(name), "{name}");
        }
    }
}
