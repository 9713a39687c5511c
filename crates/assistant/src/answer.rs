//! From a call to what is told or done.

use dialogue::Call;
use jiff::Zoned;
use serde_json::Value;

use crate::calculate::{calculate, convert};
use crate::clock::now_at;
use crate::words::{asked, declined, replied};

/// What a call comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// An answer.
    Text(String),
    /// Something that only whoever asked may let happen.
    Task(Task),
    /// A tool that there will be: its name, and what was understood.
    NotYet(String, String),
}

/// Something that reaches beyond words.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Repair a project.
    Fix {
        /// Its folder; the one at hand when none.
        path: Option<String>,
        /// The command that runs its tests.
        test_command: Option<String>,
    },
    /// Make a film.
    MakeVideo {
        /// What is seen.
        prompt: String,
        /// How long it lasts; as usual when none.
        seconds: Option<f64>,
        /// Pixels in a row and rows; as usual when none.
        size: Option<[usize; 2]>,
    },
    /// Add a model.
    AddModel {
        /// Its name; whoever asked is to choose when none.
        name: Option<String>,
    },
}

/// What `call` comes to, at the time `now`.
pub fn answer(call: &Call, now: &Zoned) -> Told {
    let text = |name: &str| call.arguments.get(name).and_then(Value::as_str);
    let owned = |name: &str| text(name).map(str::to_owned);
    match call.tool.as_str() {
        "time.now" => Told::Text(now_at(text("place"), text("what"), now)),
        "math.calculate" => Told::Text(calculate(text("expression").unwrap_or_default())),
        "units.convert" => {
            let amount = call.arguments.get("amount").and_then(Value::as_f64);
            let [from, to] = ["from", "to"].map(|name| text(name).unwrap_or_default());
            Told::Text(convert(amount.unwrap_or(0.0), from, to))
        }
        "code.fix" => Told::Task(Task::Fix {
            path: owned("path"),
            test_command: owned("test_command"),
        }),
        "video.create" => Told::Task(Task::MakeVideo {
            prompt: owned("prompt").unwrap_or_default(),
            seconds: call.arguments.get("seconds").and_then(Value::as_f64),
            size: text("size").and_then(pixels),
        }),
        "models.add" => Told::Task(Task::AddModel {
            name: owned("name"),
        }),
        "chat.ask" => {
            let missing = call.arguments.get("missing").and_then(Value::as_array);
            let missing = missing.into_iter().flatten().filter_map(Value::as_str);
            Told::Text(asked(
                &missing.collect::<Vec<_>>(),
                text("for_tool").unwrap_or_default(),
            ))
        }
        "chat.reply" => Told::Text(replied(text("topic").unwrap_or_default()).to_owned()),
        "chat.decline" => Told::Text(declined(text("need").unwrap_or_default()).to_owned()),
        other => Told::NotYet(
            other.to_owned(),
            Value::Object(call.arguments.clone()).to_string(),
        ),
    }
}

/// Pixels in a row and rows of a film whose size is said so: `1280x720`, `square`, `9:16`, `1080p`.
fn pixels(size: &str) -> Option<[usize; 2]> {
    let said = size.trim().to_lowercase();
    Some(match said.as_str() {
        "square" | "1:1" => [720, 720],
        "portrait" | "vertical" | "tall" | "upright" | "9:16" => [720, 1280],
        "landscape" | "horizontal" | "wide" | "widescreen" | "16:9" | "720p" | "hd" => [1280, 720],
        "4:3" => [960, 720],
        "3:4" => [720, 960],
        "21:9" => [1680, 720],
        "360p" => [640, 360],
        "480p" | "sd" => [854, 480],
        "1080p" | "full hd" | "fullhd" | "fhd" => [1920, 1080],
        "1440p" | "2k" => [2560, 1440],
        "2160p" | "4k" | "uhd" => [3840, 2160],
        other => {
            let (width, height) = other.split_once(['x', '×', '*'])?;
            let side = |text: &str| text.trim().parse().ok();
            [side(width)?, side(height)?]
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(tool: &str, arguments: Value) -> Told {
        let call = Call {
            tool: tool.to_owned(),
            arguments: arguments.as_object().cloned().unwrap_or_default(),
        };
        let now: Zoned = "2026-11-20T14:05:00[Europe/Berlin]"
            .parse()
            .expect("a time");
        answer(&call, &now)
    }

    fn text(tool: &str, arguments: Value) -> String {
        match told(tool, arguments) {
            Told::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn times_are_told_here_and_elsewhere() {
        assert_eq!(text("time.now", json!({})), "14:05");
        assert_eq!(
            text("time.now", json!({"what": "date"})),
            "Friday, 20 November 2026"
        );
        assert_eq!(
            text("time.now", json!({"place": "tokyo"})),
            "22:05 in Tokyo, Friday, 20 November 2026"
        );
        assert_eq!(
            text("time.now", json!({"place": "new york", "what": "time"})),
            "08:05 in New York"
        );
        assert_eq!(
            text("time.now", json!({"place": "Los Angeles", "what": "date"})),
            "Friday, 20 November 2026 in Los Angeles"
        );
        assert!(
            text("time.now", json!({"place": "Atlantis"}))
                .contains("do not know where `Atlantis` is")
        );
    }

    #[test]
    fn sums_and_units_are_computed() {
        assert_eq!(
            text("math.calculate", json!({"expression": "0.15*80"})),
            "0.15*80 = 12"
        );
        assert_eq!(
            text("math.calculate", json!({"expression": "(2+3)^2/5"})),
            "(2+3)^2/5 = 5"
        );
        assert!(
            text("math.calculate", json!({"expression": "1/0"})).contains("cannot be computed")
        );
        assert!(
            text("math.calculate", json!({"expression": "9^9^9^9^9"}))
                .contains("cannot be computed")
        );
        assert_eq!(
            text(
                "units.convert",
                json!({"amount": 10, "from": "miles", "to": "km"})
            ),
            "10 miles = 16.0934 km"
        );
        assert_eq!(
            text(
                "units.convert",
                json!({"amount": 350, "from": "fahrenheit", "to": "celsius"})
            ),
            "350 fahrenheit = 176.6667 celsius"
        );
        for (amount, from, to, said) in [
            (1.0, "mm", "km", "1 mm = 0.000001 km"),
            (1.0, "gram", "tonne", "1 gram = 0.000001 tonne"),
            (1.0, "inch", "mile", "1 inch = 0.000015783 mile"),
            (0.0, "m", "km", "0 m = 0 km"),
        ] {
            let asked = json!({"amount": amount, "from": from, "to": to});
            assert_eq!(text("units.convert", asked), said);
        }
        assert!(
            text(
                "units.convert",
                json!({"amount": 1, "from": "cups", "to": "metres"})
            )
            .contains("cannot be converted")
        );
        assert!(
            text(
                "units.convert",
                json!({"amount": 1, "from": "@noapprox \n x", "to": "km"})
            )
            .contains("cannot be converted")
        );
    }

    #[test]
    fn what_reaches_further_is_a_task_and_what_is_not_there_yet_is_said_to_be() {
        let fix = told("code.fix", json!({"path": "src"}));
        assert_eq!(
            fix,
            Told::Task(Task::Fix {
                path: Some("src".to_owned()),
                test_command: None
            })
        );
        let film = |size: Option<[usize; 2]>| {
            Told::Task(Task::MakeVideo {
                prompt: "a ball".to_owned(),
                seconds: Some(2.5),
                size,
            })
        };
        for (said, size) in [
            (json!("1280x720"), Some([1280, 720])),
            (json!("640 × 360"), Some([640, 360])),
            (json!("Vertical"), Some([720, 1280])),
            (json!("4k"), Some([3840, 2160])),
            (json!("huge"), None),
            (Value::Null, None),
        ] {
            let asked = json!({"prompt": "a ball", "seconds": 2.5, "size": said});
            assert_eq!(told("video.create", asked), film(size));
        }
        assert!(matches!(
            told("calendar.list_events", json!({})),
            Told::NotYet(..)
        ));
    }

    #[test]
    fn every_topic_and_need_of_the_schema_has_words() {
        let tools: Value = serde_json::from_str(dialogue::TOOLS).expect("JSON");
        for tool in tools["tools"].as_array().expect("a list") {
            let (name, argument) = match tool["name"].as_str() {
                Some("chat.reply") => ("chat.reply", "topic"),
                Some("chat.decline") => ("chat.decline", "need"),
                _ => continue,
            };
            for value in tool["parameters"]["properties"][argument]["enum"]
                .as_array()
                .expect("words")
            {
                assert!(
                    text(name, json!({ argument: value })).len() > 3,
                    "{name} {value}"
                );
            }
        }
        let asked = text(
            "chat.ask",
            json!({"missing": ["when"], "for_tool": "calendar.create_event"}),
        );
        assert_eq!(asked, "When?");
        let asked = text(
            "chat.ask",
            json!({"missing": ["title", "duration_minutes"], "for_tool": "calendar.find_time"}),
        );
        assert_eq!(asked, "What is it called, and how long should it take?");
    }
}
