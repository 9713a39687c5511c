//! What of a request becomes an order.

use serde_json::Value;
use video::{
    KeptAdapter, Order, Refused, SCENE_MODEL, Settings, Shot, Size, Soundtrack, Steps, Unmade,
};

use super::form::Asked;
use super::guides::TRACK;
use super::networks::{Network, Networks};
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

/// What no model here follows.
const NOT_MADE: [&str; 1] = ["n"];

/// What only a model that generates can follow.
const NOT_DRAWN: [&str; 6] = [
    "input_reference",
    "last_frame",
    "negative_prompt",
    "guidance",
    "steps",
    "loras",
];

/// Adapters that are added to a network at most.
const ADAPTERS_MAX: usize = 8;

/// How strongly one may be added, this way or the other.
const SCALE_MAX: f32 = 4.0;

/// The largest seed: the largest number that all programs read as it is written.
const SEED_MAX: u64 = (1 << 53) - 1;

/// The settings of a new film.
pub(super) fn settings(asked: &Asked, networks: &Networks) -> Result<Settings> {
    let model = model(asked, networks)?;
    let network = networks.get(&model);
    check(asked, network)?;
    let seconds = match asked.optional("seconds") {
        Some(text) => Some(number("seconds", &text)?),
        None => None,
    };
    let rate = match asked.optional("fps") {
        Some(text) => whole("fps", &text)?,
        None => network.map_or(USUAL_RATE, |network| network.frames_per_second),
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
        None => network.map_or(USUAL_SIZE, |network| network.size),
    };
    let order = Order {
        frames_per_second: rate,
        seed: seed(asked)?,
        is_loop: is_true(asked, "loop")?,
        has_label: is_true(asked, "label")?,
        sound: sound(asked, Soundtrack::Made)?,
        shots: shots(asked, seconds)?,
        negative: asked.optional("negative_prompt").unwrap_or_default(),
        ..Order::new("", seconds, size)
    };
    let steps = network.map(|network| steps(asked, network.steps));
    Ok(Settings {
        model,
        steps: steps.transpose()?,
        adapters: adapters(asked, networks)?.unwrap_or_default(),
        ..Settings::of(&order)
    })
}

/// What is heard: a track that is handed in, nothing, or as it was `before`.
fn sound(asked: &Asked, before: Soundtrack) -> Result<Soundtrack> {
    let is_silent = asked.has("sound") && !is_true(asked, "sound")?;
    match (asked.has(TRACK), asked.has("sound")) {
        (true, _) if is_silent => Err(Fault::param(
            "sound",
            format!("`sound` is false, and `{TRACK}` is heard: one of them is enough"),
        )),
        (true, _) => Ok(Soundtrack::Brought),
        (false, true) if is_silent => Ok(Soundtrack::Silent),
        (false, true) => Ok(Soundtrack::Made),
        (false, false) => Ok(before),
    }
}

/// Adapters that are asked for: names, or objects of a `name` and a `scale`.
fn adapters(asked: &Asked, networks: &Networks) -> Result<Option<Vec<KeptAdapter>>> {
    let Some(listed) = asked.value("loras") else {
        return Ok(None);
    };
    let wrong = || {
        Fault::param(
            "loras",
            "`loras` is a list of names, or of objects with `name` and `scale`",
        )
    };
    let listed = listed.as_array().ok_or_else(wrong)?;
    let all = listed.iter().map(|one| {
        let name = one.as_str().or(one["name"].as_str()).ok_or_else(wrong)?;
        let scale = match &one["scale"] {
            Value::Null => 1.0,
            scale => number("loras", &scale.to_string())?,
        };
        Ok(KeptAdapter {
            name: name.to_owned(),
            scale,
        })
    });
    known(all.collect::<Result<_>>()?, networks).map(Some)
}

/// Adapters that a request or a film names, if they are here and may be added so.
fn known(adapters: Vec<KeptAdapter>, networks: &Networks) -> Result<Vec<KeptAdapter>> {
    if adapters.len() > ADAPTERS_MAX {
        let count = adapters.len();
        let message = format!("`{count}` adapters are more than `{ADAPTERS_MAX}`");
        return Err(Fault::param("loras", message));
    }
    for adapter in &adapters {
        if !(-SCALE_MAX..=SCALE_MAX).contains(&adapter.scale) {
            let message = format!("an adapter is added from -{SCALE_MAX} to {SCALE_MAX} times");
            return Err(Fault::param("loras", message));
        }
        networks.adapter(adapter)?;
    }
    Ok(adapters)
}

/// How a network goes from noise to film: as was asked for, or as usual.
fn steps(asked: &Asked, usual: Steps) -> Result<Steps> {
    let count = asked.optional("steps").map(|text| whole("steps", &text));
    let guidance = asked
        .optional("guidance")
        .map(|text| number("guidance", &text));
    let steps = Steps {
        count: count.transpose()?.unwrap_or(usual.count),
        guidance: guidance.transpose()?.unwrap_or(usual.guidance),
    };
    steps.check().map_err(fault)
}

/// That nothing is asked for that would need another model.
fn check(asked: &Asked, network: Option<&Network>) -> Result<()> {
    let asks = |name: &&str| asked.has(name);
    let refused = |name: &'static str, message: String| {
        Err(Fault::param(name, message).code("not_supported_by_model"))
    };
    if let Some(name) = NOT_MADE.into_iter().find(asks) {
        return refused(
            name,
            format!("no model here follows `{name}`\nhint: leave it out"),
        );
    }
    let is_bare = network.is_some_and(|network| !network.is_of_open_weights);
    if is_bare && asked.has("loras") {
        let message = "what was trained here takes no `loras`\nhint: open weights do";
        return Err(Fault::param("loras", message).code("not_supported_by_model"));
    }
    match NOT_DRAWN
        .into_iter()
        .find(asks)
        .filter(|_| network.is_none())
    {
        None => Ok(()),
        Some(name) => refused(
            name,
            format!(
                "`{SCENE_MODEL}` draws from words alone, without `{name}`\nhint: leave it out, or name a model that generates"
            ),
        ),
    }
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

/// Who is to make the film.
fn model(asked: &Asked, networks: &Networks) -> Result<String> {
    let asked = asked.optional("model").unwrap_or_default();
    match asked.as_str() {
        "" | SCENE_MODEL => Ok(SCENE_MODEL.to_owned()),
        name if name == CLOSED || name.starts_with("sora-2-") => Ok(SCENE_MODEL.to_owned()),
        name => networks
            .meant(name)
            .map(str::to_owned)
            .ok_or_else(|| unknown(name, networks)),
    }
}

/// That `name` makes no films here.
pub(super) fn unknown(name: &str, networks: &Networks) -> Fault {
    let shown: String = name.chars().take(100).collect();
    let names: Vec<String> = networks.names().map(|name| format!("`{name}`")).collect();
    let does = if names.len() > 1 { "do" } else { "does" };
    let message = format!(
        "The model '{shown}' does not make films.\nhint: {} {does}",
        names.join(", ")
    );
    let fault = Fault::new(axum::http::StatusCode::NOT_FOUND, message).code("model_not_found");
    Fault {
        param: Some("model".to_owned()),
        ..fault
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
            Value::Null => seconds,
            Value::String(text) => number(&format!("shots[{at}].seconds"), text)?,
            other => number(&format!("shots[{at}].seconds"), &other.to_string())?,
        };
        Ok(Shot {
            prompt: prompt.to_owned(),
            seconds,
        })
    });
    shots.collect()
}

/// The same film with other words, and with what else is asked for.
pub(super) fn remixed(source: &Settings, asked: &Asked, networks: &Networks) -> Result<Settings> {
    let mut before = source.remixed(&asked.text("prompt")?);
    if asked.has("seed") {
        before.seed = seed(asked)?;
    }
    if let Some(text) = asked.optional("fps") {
        before.fps = whole("fps", &text)?;
    }
    if let Some(text) = asked.optional("size") {
        before.size = text.parse::<Size>().map_err(fault)?.to_string();
    }
    if let (Some(text), Some(shot)) = (asked.optional("seconds"), before.shots.first_mut()) {
        shot.seconds = number("seconds", &text)?;
    }
    if asked.has("loop") {
        before.is_loop = is_true(asked, "loop")?;
    }
    anew(before, asked, networks)
}

/// The same film, and more after it. Without words, or with the same, its last shot gets longer; others are another shot.
pub(super) fn extended(source: &Settings, asked: &Asked, networks: &Networks) -> Result<Settings> {
    let seconds = match asked.optional("seconds") {
        Some(text) => number("seconds", &text)?,
        None => USUAL_SECONDS,
    };
    let prompt = match asked.has("prompt") {
        true => asked.text("prompt")?,
        false => String::new(),
    };
    let kept = [
        ("seed", source.seed.to_string()),
        ("fps", source.fps.to_string()),
        ("size", source.size.clone()),
        ("loop", source.is_loop.to_string()),
    ];
    for (name, before) in kept {
        if asked.optional(name).is_some_and(|wanted| wanted != before) {
            let message = format!(
                "a film goes on as it began, with `{name}` of `{before}`\nhint: leave `{name}` out, or make a remix"
            );
            return Err(Fault::param(name, message));
        }
    }
    anew(
        source.extended(&prompt, seconds).map_err(fault)?,
        asked,
        networks,
    )
}

/// What was made before, by whoever made it, in as many steps as then where nothing is said.
fn anew(before: Settings, asked: &Asked, networks: &Networks) -> Result<Settings> {
    let network = networks.get(&before.model);
    if network.is_none() && before.model != SCENE_MODEL {
        return Err(unknown(&before.model, networks));
    }
    if asked.has("model") && model(asked, networks)? != before.model {
        let message = format!(
            "the film was made by `{}`\nhint: leave `model` out",
            before.model.chars().take(100).collect::<String>()
        );
        return Err(Fault::param("model", message));
    }
    check(asked, network)?;
    let usual = before.steps.or(network.map(|network| network.steps));
    Ok(Settings {
        steps: usual
            .filter(|_| network.is_some())
            .map(|usual| steps(asked, usual))
            .transpose()?,
        negative: match asked.optional("negative_prompt") {
            Some(words) => words,
            None => before.negative.clone(),
        },
        sound: sound(asked, before.sound)?,
        has_label: match asked.has("label") {
            true => is_true(asked, "label")?,
            false => before.has_label,
        },
        adapters: match adapters(asked, networks)? {
            Some(adapters) => adapters,
            None => known(before.adapters.clone(), networks)?,
        },
        ..before
    })
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

/// What is wrong with a film that is not even begun.
pub(super) fn not_begun(unmade: Unmade) -> Fault {
    match unmade {
        Unmade::Refused(refused) => fault(refused),
        Unmade::OpenWeights(video::open_weights::Error::TooLarge {
            needed,
            given,
            largest,
        }) => {
            // How weights are held is not for a request to say.
            let message = format!(
                "such a film needs about {needed} MiB of memory, and {given} may be used\nhint: {largest}"
            );
            Fault::param("size", message).code("not_enough_memory")
        }
        Unmade::OpenWeights(error) => Fault::param("model", error.to_string()),
        other => Fault::broken(other.to_string()),
    }
}
