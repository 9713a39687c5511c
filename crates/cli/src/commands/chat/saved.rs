//! A conversation as a Markdown file.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use models::chat::{Content, Message, Role};

/// Writes what was said to a new file at `path`.
pub fn save(path: &Path, model: &str, messages: &[Message]) -> io::Result<()> {
    let text = transcript(model, messages);
    let mut file = File::create_new(path)?;
    let written = file.write_all(text.as_bytes());
    if written.is_err() {
        // Half a conversation is worse than an error.
        let _ = std::fs::remove_file(path);
    }
    written
}

fn transcript(model: &str, messages: &[Message]) -> String {
    let mut text = format!("# A conversation with {model}\n");
    for message in messages {
        let who = match message.role {
            Role::System | Role::Developer => "Rules",
            Role::User => "You",
            Role::Assistant => model,
            Role::Tool => "Tool",
        };
        let said = message.content.as_ref().map(Content::text);
        let said = said.unwrap_or_default();
        text += &format!("\n## {who}\n\n{}\n", said.trim());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_saved_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talk.md");
        let messages = [
            Message::new(Role::User, "Hello?"),
            Message::new(Role::Assistant, " Hello.\n"),
        ];
        save(&path, "qwen3", &messages).unwrap();
        let expected = "# A conversation with qwen3\n\n## You\n\nHello?\n\n## qwen3\n\nHello.\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        assert!(save(&path, "qwen3", &messages).is_err());
    }
}
