//! Models that are held to tools.

use std::time::Duration;

use dialogue::{Error, Moment, Outcome, Request, Settings, Speaker, Thinking};
use models::chat::{Json, Message, Role, Tool, ToolChoice, ToolKind};

use crate::tiny;

fn tool(name: &str, schema: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        description: None,
        kind: ToolKind::Function {
            parameters: Some(Json::parse(schema).unwrap()),
            strict: None,
        },
    }
}

/// A model with room for the tools.
fn speaker() -> Speaker {
    let folder = tiny::folder();
    let path = folder.path().join("config.json");
    let config = std::fs::read_to_string(&path).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&config).unwrap();
    config["max_position_embeddings"] = 4096.into();
    std::fs::write(&path, config.to_string()).unwrap();
    Speaker::load(folder.path(), Settings::default()).unwrap()
}

fn ask(speaker: &Speaker, choice: ToolChoice, seed: u64) -> Result<Outcome, Error> {
    let messages = [Message::new(Role::User, "Hello")];
    let tools = [
        tool(
            "look",
            r#"{"type":"object","properties":{"at":{"enum":["sky","sea"]}},"required":["at"],"additionalProperties":false}"#,
        ),
        tool(
            "wait",
            r#"{"type":"object","properties":{},"additionalProperties":false}"#,
        ),
    ];
    let mut answering = speaker.answer(&Request {
        messages: &messages,
        tools: &tools,
        thinking: Thinking {
            max_tokens: Some(20),
            ..Thinking::default()
        },
        tool_choice: choice,
        calls_one: true,
        seed,
        ..Request::default()
    })?;
    loop {
        match answering.next(Duration::from_secs(20)) {
            Moment::Said(_) => {}
            Moment::Over(_, outcome) => return Ok(*outcome),
            Moment::Silence => panic!("nothing for 20 seconds"),
        }
    }
}

#[test]
fn who_must_call_calls_with_arguments_of_the_schema() {
    let speaker = speaker();
    for seed in 0..8 {
        let outcome = ask(&speaker, ToolChoice::Required, seed).unwrap();
        assert_eq!(outcome.reason(), "tool_calls");
        let [call] = &*outcome.message.tool_calls else {
            panic!("{:?}", outcome.message);
        };
        let arguments: serde_json::Value = serde_json::from_str(&call.arguments).unwrap();
        match &*call.name {
            "look" => assert!(["sky", "sea"].contains(&arguments["at"].as_str().unwrap())),
            "wait" => assert_eq!(arguments, serde_json::json!({})),
            name => panic!("`{name}` was not given"),
        }
        let named = ask(&speaker, ToolChoice::Named("wait".to_owned()), seed).unwrap();
        assert_eq!(
            named
                .message
                .tool_calls
                .first()
                .map(|call| call.name.as_str()),
            Some("wait"),
            "{:?}",
            named
        );
    }
}

#[test]
fn a_tool_that_was_not_given_cannot_be_required() {
    let speaker = speaker();
    let refused = ask(&speaker, ToolChoice::Named("fly".to_owned()), 1);
    assert_eq!(refused.err().unwrap().code(), "unusable_tool_choice");
}
