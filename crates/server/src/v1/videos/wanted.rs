//! What of a request becomes an order.

use video::{Order, Refused, SCENE_MODEL, Settings, Shot, Size, Soundtrack};

use super::form::Asked;
use crate::fault::{Fault, Result};

/// Names of models of the service that closed: what was written for them is answered by ours.
const CLOSED: &str = "sora-2";

/// Pictures a second, where none are asked for.
const USUAL_RATE: u32 = 24;

/// How long a film lasts, where that is not said.
const USUAL_SECONDS: f32 = 4.0;

/// How large a film is, where that is not said.
const USUAL_SIZE: Size = Size {
    width: 720,
    height: 1280,
};

/// What only a model that generates could follow.
const NOT_DRAWN: [&str; 7] = [
    "input_reference",
    "last_frame",
    "negative_prompt",
    "guidance",
    "steps",
    "loras",
    "n",
];

/// The largest seed: the largest number that all programs read as it is written.
const SEED_MAX: u64 = (1 << 53) - 1;

/// The settings of a new film.
pub(super) fn settings(asked: &Asked) -> Result<Settings> {
    check(asked)?;
    let seconds = match asked.optional("seconds") {
        Some(text) => Some(number("seconds", &text)?),
        None => None,
    };
    let rate = match asked.optional("fps") {
        Some(text) => whole("fps", &text)?,
        None => USUAL_RATE,
    };
    let seconds = match (seconds, asked.optional("frames")) {
        (Some(seconds), None) => seconds,
        (None, Some(frames)) => whole::<u32>("frames", &frames)? as f32 / rate.max(1) as f32,
        (None, None) => USUAL_SECONDS,
        (Some(_), Some(_)) => {
            return Err(Fault::param(
                "frames",
                "`seconds` and `frames` say the same: one of them is enough",
            ));
        }
    };
    let size = match asked.optional("size") {
        Some(text) => text.parse().map_err(fault)?,
        None => USUAL_SIZE,
    };
    let order = Order {
        frames_per_second: rate,
        seed: seed(asked)?,
        is_loop: is_true(asked, "loop")?,
        sound: match asked.has("sound") && !is_true(asked, "sound")? {
            true => Soundtrack::Silent,
            false => Soundtrack::Made,
        },
        shots: shots(asked, seconds)?,
        ..Order::new("", seconds, size)
    };
    Ok(Settings::of(&order))
}

/// That nothing is asked for that would need another model.
fn check(asked: &Asked) -> Result<()> {
    if let Some(name) = NOT_DRAWN.into_iter().find(|name| asked.has(name)) {
        let message = format!(
            "`{SCENE_MODEL}` draws from words alone, without `{name}`\nhint: leave it out, or name a model that generates"
        );
        return Err(Fault::param(name, message).code("not_supported_by_model"));
    }
    check_model(asked.optional("model").as_deref())
}

/// Whether something is wished.
fn is_true(asked: &Asked, name: &str) -> Result<bool> {
    match asked.optional(name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Fault::param(name, format!("`{name}` is `true` or `false`"))),
    }
}

/// Whether what is drawn is shown while the film is made: it is, unless nobody wants that.
pub(super) fn shows(asked: &Asked) -> Result<bool> {
    match asked.has("preview") {
        true => is_true(asked, "preview"),
        false => Ok(true),
    }
}

fn seed(asked: &Asked) -> Result<u64> {
    let Some(text) = asked.optional("seed") else {
        return Ok(chance());
    };
    match whole("seed", &text)? {
        seed if seed <= SEED_MAX => Ok(seed),
        _ => Err(Fault::param(
            "seed",
            format!("seeds are from 0 to {SEED_MAX}"),
        )),
    }
}

/// A seed that nobody chose.
fn chance() -> u64 {
    let mut bytes = [0; 4];
    // Without chance, all films are of the same seed, which is no harm.
    let _ = getrandom::fill(&mut bytes);
    u64::from(u32::from_le_bytes(bytes))
}

fn check_model(model: Option<&str>) -> Result<()> {
    match model {
        None | Some("" | SCENE_MODEL) => Ok(()),
        Some(name) if name == CLOSED || name.starts_with("sora-2-") => Ok(()),
        Some(name) => {
            let shown: String = name.chars().take(100).collect();
            let message =
                format!("The model '{shown}' does not make films.\nhint: `{SCENE_MODEL}` does");
            let fault =
                Fault::new(axum::http::StatusCode::NOT_FOUND, message).code("model_not_found");
            Err(Fault {
                param: Some("model".to_owned()),
                ..fault
            })
        }
    }
}

/// The shots: those that are listed, or the prompt as the only one.
fn shots(asked: &Asked, seconds: f32) -> Result<Vec<Shot>> {
    let Some(listed) = asked.value("shots") else {
        return Ok(vec![Shot {
            prompt: asked.text("prompt")?,
            seconds,
        }]);
    };
    if asked.has("prompt") {
        let message = "`prompt` and `shots` say the same: one of them is enough";
        return Err(Fault::param("prompt", message));
    }
    let listed = listed.as_array().ok_or_else(|| {
        Fault::param(
            "shots",
            "`shots` is a list of objects with `prompt` and `seconds`",
        )
    })?;
    let shots = listed.iter().enumerate().map(|(at, shot)| {
        let prompt = shot["prompt"].as_str();
        let prompt = prompt
            .ok_or_else(|| Fault::param(format!("shots[{at}].prompt"), "a shot has a `prompt`"))?;
        let seconds = match &shot["seconds"] {
            serde_json::Value::Null => seconds,
            serde_json::Value::String(text) => number(&format!("shots[{at}].seconds"), text)?,
            other => number(&format!("shots[{at}].seconds"), &other.to_string())?,
        };
        Ok(Shot {
            prompt: prompt.to_owned(),
            seconds,
        })
    });
    shots.collect()
}

/// The same film with other words.
pub(super) fn remixed(source: &Settings, asked: &Asked) -> Result<Settings> {
    check(asked)?;
    Ok(source.remixed(&asked.text("prompt")?))
}

/// The same film, and more after it. Without words, or with the same, its last shot gets longer; others are another shot.
pub(super) fn extended(source: &Settings, asked: &Asked) -> Result<Settings> {
    check(asked)?;
    let seconds = match asked.optional("seconds") {
        Some(text) => number("seconds", &text)?,
        None => USUAL_SECONDS,
    };
    let prompt = match asked.has("prompt") {
        true => asked.text("prompt")?,
        false => String::new(),
    };
    source.extended(&prompt, seconds).map_err(fault)
}

/// Seconds as the field writes them: `4`, `2.5`.
pub(super) fn written(seconds: f32) -> String {
    format!("{}", (f64::from(seconds) * 1000.0).round() / 1000.0)
}

fn number(param: &str, text: &str) -> Result<f32> {
    let number = text
        .trim()
        .parse::<f32>()
        .ok()
        .filter(|number| number.is_finite());
    number.ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Fault::param(param, format!("`{shown}` is no number"))
    })
}

fn whole<T: std::str::FromStr>(param: &str, text: &str) -> Result<T> {
    text.trim().parse().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        Fault::param(param, format!("`{shown}` is no whole number"))
    })
}

/// Which parameter is wrong, and what with it.
pub(super) fn fault(refused: Refused) -> Fault {
    let param = match &refused {
        Refused::Prompt { shot: None, .. } | Refused::Empty { shot: None } => "prompt".to_owned(),
        Refused::Prompt {
            shot: Some(shot), ..
        }
        | Refused::Empty { shot: Some(shot) } => format!("shots[{}].prompt", shot - 1),
        Refused::Size { .. } | Refused::Aspect { .. } => "size".to_owned(),
        Refused::Pixels { .. } => "seconds".to_owned(),
        Refused::Words { .. } => "shots".to_owned(),
        Refused::Loop => "loop".to_owned(),
        Refused::Model { .. } => "model".to_owned(),
        Refused::Rate { .. } => "fps".to_owned(),
        Refused::Seconds { .. } => "seconds".to_owned(),
        Refused::Shots { .. } => "shots".to_owned(),
        Refused::Steps { .. } => "steps".to_owned(),
        Refused::Unable { .. } => "model".to_owned(),
    };
    Fault::param(param, refused.to_string())
}
