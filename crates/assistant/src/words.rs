//! What the built-in model has code say for it.

/// What is asked for what is missing.
pub(crate) fn asked(missing: &[&str], tool: &str) -> String {
    let questions: Vec<&str> = missing.iter().map(|name| question(name, tool)).collect();
    let mut text = match questions.as_slice() {
        [] => "what exactly".to_owned(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{}, and {last}", most.join(", ")),
    };
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text + "?"
}

fn question<'a>(missing: &'a str, tool: &str) -> &'a str {
    match missing {
        "title" if tool.starts_with("task.") => "what is to be done",
        "title" => "what is it called",
        "when" | "due" | "start" => "when",
        "duration_minutes" => "how long should it take",
        "seconds" => "how long",
        "event" => "which event",
        "text" if tool.starts_with("note.") => "what should I remember",
        "text" => "what should I remind you of",
        "kind" => "what kind of document",
        "about" => "what is it about",
        "query" => "what should I look for",
        "to" if tool.starts_with("mail.") => "to whom",
        "to" => "where to",
        "from" => "from where",
        "body" => "what should it say",
        "name" => "who",
        "topic" => "which subject",
        "expression" => "which sum",
        "amount" => "how much",
        "prompt" => "what should be seen",
        other => other,
    }
}

/// A short answer to what is no request.
pub(crate) fn replied(topic: &str) -> &'static str {
    match topic {
        "greeting" => "Hello. What can I do for you?",
        "farewell" => "Goodbye.",
        "thanks" => "You are welcome.",
        "apology" => "No harm done.",
        "praise" => "Thank you.",
        "complaint" => {
            "I am sorry. Say it in other words, one thing at a time, and I will try again."
        }
        "identity" => {
            "I am the tool model that is built into Freehold: small, and at home on this machine. I understand \
             requests and call tools; I do not hold conversations."
        }
        "capabilities" => {
            "I turn requests into calls of tools: times, sums and units now, films with `freehold video create`, repairs \
             of code with `freehold fix`, and larger models with `freehold model add`."
        }
        "privacy" => "What you say stays on this machine. Nothing is sent anywhere.",
        "joke" => "I know none that I did not steal. A larger model does: `freehold model add`.",
        "affirm" => "Good.",
        "deny" => "Very well, nothing is done.",
        "repeat" => "I remember only this conversation, and have said nothing worth repeating yet.",
        "cancel" => "Nothing was begun, so nothing is to be stopped.",
        _ => {
            "I am made for requests rather than for talk. A larger model talks: `freehold model add`."
        }
    }
}

/// An honest no, with what would help.
pub(crate) fn declined(need: &str) -> &'static str {
    match need {
        "knowledge" => {
            "I do not know things, I call tools. A larger model answers questions: `freehold model add hub:OWNER/NAME`."
        }
        "weather" => "I have no weather: nothing here asks the network.",
        "news" => "I have no news: nothing here asks the network.",
        "music" => "I cannot play music.",
        "device" => "I cannot switch the things in your house.",
        "shopping" => "I cannot buy or book anything.",
        "payment" => "I do not touch money or accounts.",
        "medical" => "I am no doctor. For anything urgent, call your local emergency number.",
        "legal" => "I give no legal advice.",
        "creative_writing" => {
            "I do not write. A larger model does: `freehold model add hub:OWNER/NAME`, then `freehold chat`."
        }
        "translation" => {
            "I do not translate. A larger model does: `freehold model add hub:OWNER/NAME`, then `freehold chat`."
        }
        _ => {
            "That is not one of my tools. A larger model may help: `freehold model add hub:OWNER/NAME`."
        }
    }
}
