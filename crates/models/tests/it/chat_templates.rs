//! Every template renders every conversation as transformers does.

use std::{fs, path::PathBuf};

use models::chat::{
    Content, Json, Media, Message, Moment, Part, Prompt, Role, Syntax, Template, Templates, Tool,
    ToolCall, ToolKind,
};
use serde_json::Value;

use crate::vocabularies::shared;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/chat");
const BUILTIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/chat/builtin");

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn message(value: &Value) -> Message {
    let role = match value["role"].as_str() {
        Some("system") => Role::System,
        Some("developer") => Role::Developer,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => Role::Tool,
    };
    let part = |part: &Value| match part["type"].as_str() {
        Some("image") => Part::Image(Media {
            source: text(&part["image"]),
            ..Media::default()
        }),
        _ => Part::Text(text(&part["text"])),
    };
    Message {
        content: match &value["content"] {
            Value::String(text) => Some(Content::Text(text.clone())),
            Value::Array(parts) => Some(Content::Parts(parts.iter().map(part).collect())),
            _ => None,
        },
        reasoning: value["reasoning"].as_str().map(str::to_owned),
        tool_calls: list(&value["tool_calls"])
            .map(|call| ToolCall {
                id: text(&call["id"]),
                name: text(&call["name"]),
                arguments: text(&call["arguments"]),
            })
            .collect(),
        tool_call_id: value["tool_call_id"].as_str().map(str::to_owned),
        ..Message::empty(role)
    }
}

fn tool(value: &Value) -> Tool {
    Tool {
        name: text(&value["name"]),
        description: Some(text(&value["description"])),
        kind: ToolKind::Function {
            parameters: Some(Json::parse(&text(&value["parameters"])).expect("JSON")),
            strict: None,
        },
    }
}

/// The cases that `source` renders otherwise than transformers.
fn differences(name: &str, source: &str) -> Vec<String> {
    let tokens = [("bos_token", "<BOS>"), ("eos_token", "<EOS>")]
        .map(|(name, token)| (name.to_owned(), token.to_owned()));
    let template = Template::new(source, &tokens).expect("the template parses");
    let read = |name: &str| -> Value {
        let text = fs::read_to_string(format!("{FIXTURES}/{name}.json")).expect("kept");
        serde_json::from_str(&text).expect("JSON")
    };
    let (cases, expected) = (read("cases"), read(name));
    let mut differences = Vec::new();
    for (case, value) in cases.as_object().expect("cases by name") {
        let messages: Vec<Message> = list(&value["messages"]).map(message).collect();
        let tools: Vec<Tool> = list(&value["tools"]).map(tool).collect();
        let options: Vec<(String, Json)> = value["options"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), Json::parse(&value.to_string()).expect("JSON")))
            .collect();
        let rendered = template.render(&Prompt {
            messages: &messages,
            tools: &tools,
            adds_generation_prompt: value["add_generation_prompt"] != false,
            continues_last: value["continues_last"] == true,
            options: &options,
            now: Some(Moment::from_local_seconds(1_795_266_317)),
        });
        match (&rendered, expected[case].as_str()) {
            (Ok(text), Some(expected)) if text == expected => {}
            (Err(_), None) => {}
            (_, expected) => {
                let text = rendered.unwrap_or_else(|error| error.to_string());
                differences.push(format!(
                    "--- {name}, {case}: ours\n{text}\n--- theirs\n{}\n",
                    expected.unwrap_or("(refused)")
                ));
            }
        }
    }
    differences
}

#[test]
fn built_in_templates_render_as_in_transformers() {
    let mut all = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(BUILTIN).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        all.extend(differences(&name, &fs::read_to_string(&path).unwrap()));
        count += 1;
    }
    assert!(all.is_empty(), "{} differ\n{}", all.len(), all.join("\n"));
    assert!(count >= 11);
}

#[test]
fn every_feature_of_jinja_prints_as_in_transformers() {
    let source = fs::read_to_string(PathBuf::from(FIXTURES).join("features.jinja")).unwrap();
    let all = differences("features", &source);
    assert!(all.is_empty(), "{} differ\n{}", all.len(), all[0]);
}

#[test]
fn templates_of_real_files_render_as_in_transformers() {
    for name in ["gemma-4", "phi-3", "qwen2"] {
        let Some(path) = shared(&format!("ggml-vocab-{name}.gguf")) else {
            return;
        };
        let gguf = tensor::files::Gguf::open(path).unwrap();
        let source = gguf.metadata().text("tokenizer.chat_template").unwrap();
        let all = differences(&format!("gguf-{name}"), source);
        assert!(all.is_empty(), "{} differ\n{}", all.len(), all.join("\n"));
    }
}

#[test]
fn a_checkpoint_brings_its_template_or_gets_one_that_fits() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let hello = [Message::new(Role::User, "Hello")];
    let tools = [Tool {
        name: "now".to_owned(),
        description: None,
        kind: ToolKind::Function {
            parameters: None,
            strict: None,
        },
    }];
    let render = |tools: &[Tool]| {
        let templates = Templates::open(folder.path()).unwrap();
        let prompt = Prompt {
            messages: &hello,
            tools,
            ..Prompt::default()
        };
        (
            templates.is_own(),
            templates.render(&prompt).unwrap(),
            templates.syntax(),
        )
    };
    let chatml = "<|im_start|>user\nHello<|im_end|>\n".to_owned();
    assert_eq!(render(&[]), (false, chatml.clone(), Syntax::Plain));
    write("config.json", r#"{"model_type": "qwen3"}"#);
    assert_eq!(render(&[]), (false, chatml, Syntax::Tagged));
    write(
        "tokenizer_config.json",
        r#"{"eos_token": {"content": "<E>"}, "chat_template": [
            {"name": "default", "template": "{{ messages[0].content }}{{ eos_token }}"},
            {"name": "tool_use", "template": "[TOOL_CALLS]{{ tools | length }}"}]}"#,
    );
    assert_eq!(render(&[]), (true, "Hello<E>".to_owned(), Syntax::Mistral));
    assert_eq!(render(&tools).1, "[TOOL_CALLS]1");
    write("chat_template.jinja", "alone\n");
    assert_eq!(render(&tools), (true, "alone".to_owned(), Syntax::Plain));
    write("chat_template.jinja", "{% for %}");
    assert!(Templates::open(folder.path()).is_err());
}

#[test]
fn a_hostile_template_is_an_error() {
    let render = |source: &str| {
        let template = Template::new(source, &[])?;
        template.render(&Prompt {
            messages: &[Message::new(Role::User, "Hello")],
            ..Prompt::default()
        })
    };
    for source in [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ [][::-1] | list }}",
        "{{ raise_exception('no') }}",
        "{{ strftime_now('%Y') }}",
        "{{ missing.field }}",
    ] {
        let error = render(source).expect_err(source).to_string();
        assert!(error.contains("\nhint: "), "{error}");
    }
}
