//! The built-in model as the app and the API offer it.

use std::path::PathBuf;
use std::sync::Arc;

use assistant::{Task, Told, answer};
use dialogue::{BuiltIn, Call, Speaker};
use jiff::Zoned;
use tokio::sync::OnceCell;

use crate::fault::{Fault, Result};

/// What it is called where models are named.
pub(crate) const NAME: &str = "built-in";

/// Answers that are made at the same time.
const ANSWERS: usize = 4;

/// The model that Freehold is born with, read into memory when it is first asked.
pub(crate) struct BuiltInModel {
    path: PathBuf,
    speaker: OnceCell<Arc<Speaker>>,
}

impl BuiltInModel {
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            speaker: OnceCell::new(),
        }
    }

    /// Bytes of its files.
    pub fn bytes(&self) -> u64 {
        let files = std::fs::read_dir(&self.path).into_iter().flatten();
        let about = files.filter_map(|file| file.ok()?.metadata().ok());
        about.map(|about| about.len()).sum()
    }

    /// It, where it is in memory.
    pub fn resident(&self) -> Option<&Arc<Speaker>> {
        self.speaker.get()
    }

    /// It, read into memory where it is not.
    pub async fn speaker(&self) -> Result<Arc<Speaker>> {
        let load = async || {
            let path = self.path.clone();
            let loaded = tokio::task::spawn_blocking(move || BuiltIn::load(&path, ANSWERS)).await;
            let loaded =
                loaded.map_err(|error| Fault::broken(format!("loading broke: {error}")))?;
            Ok::<_, Fault>(Arc::new(Speaker::of_tools(loaded?, Box::new(tell))))
        };
        self.speaker.get_or_try_init(load).await.map(Arc::clone)
    }
}

/// What somebody is told of calls, as Markdown.
fn tell(calls: &[Call]) -> String {
    let now = Zoned::now();
    let told: Vec<String> = calls.iter().map(|call| words(answer(call, &now))).collect();
    told.join("\n\n")
}

fn words(told: Told) -> String {
    match told {
        Told::Text(text) => text,
        Told::Task(Task::Fix { .. }) => {
            "Under [Code](/code) a project is repaired in a sandbox: give it there.".to_owned()
        }
        Told::Task(Task::MakeVideo {
            prompt,
            seconds,
            size,
        }) => {
            let mut wish = form_urlencoded::Serializer::new(String::new());
            wish.append_pair("prompt", &prompt);
            if let Some(seconds) = seconds {
                wish.append_pair("seconds", &seconds.to_string());
            }
            if let Some([width, height]) = size {
                wish.append_pair("size", &format!("{width}x{height}"));
            }
            let wish = wish.finish();
            format!(
                "The film is made under [Video](/video?{wish}), where your words are filled in already."
            )
        }
        Told::Task(Task::AddModel { name }) => {
            let name = name.map_or(String::new(), |name| format!(" `{name}`"));
            format!("Under [Models](/models) the owner adds{name}, from a folder, a file or a hub.")
        }
        Told::NotYet(tool, understood) => {
            format!("Understood, but there is no `{tool}` yet:\n\n```json\n{understood}\n```")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_is_wished_in_an_address() {
        let film = Task::MakeVideo {
            prompt: "a red ball & a [star](x)".to_owned(),
            seconds: Some(2.5),
            size: Some([320, 240]),
        };
        let said = words(Told::Task(film));
        let address = "(/video?prompt=a+red+ball+%26+a+%5Bstar%5D%28x%29&seconds=2.5&size=320x240)";
        assert!(said.contains(address), "{said}");
    }
}
