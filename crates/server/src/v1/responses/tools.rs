//! Tools as responses write them, which come in more kinds than models know.

use models::chat::{Tool, ToolKind};
use serde_json::Value;

use crate::fault::Result;
use crate::v1::tools::{custom, function};

/// The tools that a model is told of, and how their names came about.
#[derive(Debug, Default, Clone)]
pub(crate) struct Offered {
    pub tools: Vec<Tool>,
    /// Flat name, namespace, name in it.
    spaced: Vec<(String, String, String)>,
}

impl Offered {
    /// Reads `tools`. Those that a server of OpenAI's would run itself are passed over: the model is not told of
    /// them.
    pub fn read(tools: &[Value]) -> Result<Self> {
        let mut offered = Self::default();
        for (at, value) in tools.iter().enumerate() {
            offered.add(value, &format!("tools[{at}]"), None)?;
        }
        Ok(offered)
    }

    fn add(&mut self, value: &Value, param: &str, space: Option<&str>) -> Result<()> {
        let mut tool = match value["type"].as_str().unwrap_or_default() {
            // Some clients nest functions as chat completions do.
            "function" if value["function"].is_object() => function(&value["function"], param)?,
            "function" => function(value, param)?,
            "custom" => custom(value, param)?,
            "namespace" => {
                let name = value["name"].as_str().unwrap_or_default();
                let inner = value["tools"]
                    .as_array()
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                for (number, value) in inner.iter().enumerate() {
                    self.add(value, &format!("{param}.tools[{number}]"), Some(name))?;
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        if let Some(space) = space {
            let flat = flat(space, &tool.name);
            self.spaced
                .push((flat.clone(), space.to_owned(), tool.name));
            tool.name = flat;
        }
        self.tools.push(tool);
        Ok(())
    }

    /// The name by which the model knows the tool called `name` in `space`.
    pub fn flat(&self, name: &str, space: Option<&str>) -> String {
        space.map_or_else(|| name.to_owned(), |space| flat(space, name))
    }

    /// Namespace and name of the tool that the model calls `name`.
    pub fn spaced(&self, name: &str) -> (Option<&str>, String) {
        let found = self.spaced.iter().find(|(flat, ..)| flat == name);
        match found {
            Some((_, space, name)) => (Some(space), name.clone()),
            None => (None, name.to_owned()),
        }
    }

    /// Whether the tool that the model calls `name` takes free text.
    pub fn is_free(&self, name: &str) -> bool {
        let mut tools = self.tools.iter();
        tools.any(|tool| tool.name == name && matches!(tool.kind, ToolKind::FreeForm { .. }))
    }
}

fn flat(space: &str, name: &str) -> String {
    match space.is_empty() || space.ends_with("__") {
        true => format!("{space}{name}"),
        false => format!("{space}__{name}"),
    }
}
