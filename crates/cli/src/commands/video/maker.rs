//! Who makes a film, as it is typed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use library::Memory;
use tensor::files::Dtype;
use tensor::{Pool, WeightType};
use video::{Maker, MakerOptions, SCENE_MODEL, Steps};

use crate::args::video::{Made, Weights};
use crate::built_in;
use crate::environment;
use crate::failure::Failure;

/// Whoever `--model` names.
pub fn of(made: &Made) -> anyhow::Result<Maker> {
    let folder = match &made.model {
        None => return Ok(Maker::Scene),
        Some(name) if name.as_os_str() == built_in::NAME => &built_in::films_folder()?,
        Some(folder) if !folder.exists() => {
            let what = format!("there is no folder `{}`", folder.display());
            let hint = "`--model` takes the folder of a network, or `built-in` for the one that comes with Freehold";
            return Err(Failure::refused("film_refused", what).hint(hint).into());
        }
        Some(folder) => folder,
    };
    let is_held = made.weights.is_some() || !made.adapters.is_empty();
    if is_held && !Maker::is_of_open_weights(folder) {
        let what = "`--adapter` and `--weights` are for open weights";
        return Err(Failure::refused("film_refused", what)
            .hint("what was trained here is used as it is")
            .into());
    }
    let adapters = made.adapters.iter().map(|text| adapter(text));
    let options = MakerOptions {
        weights: made.weights.map(held),
        adapters: adapters.collect::<anyhow::Result<_>>()?,
        ..MakerOptions::of_house(&environment::read().data, Memory::read().available)
    };
    Ok(Maker::open(
        folder,
        options,
        Arc::new(Pool::of_all_cores()),
    )?)
}

/// Whoever `--model` names; without it, whoever made a film of that name, if it comes with the program.
pub fn of_film(made: &Made, model: &str) -> anyhow::Result<Maker> {
    if made.model.is_some() || model == SCENE_MODEL {
        return of(made);
    }
    let own = of(&Made {
        model: Some(PathBuf::from(built_in::NAME)),
        ..made.clone()
    })?;
    match own.name() == model {
        true => Ok(own),
        false => of(made),
    }
}

/// How it goes from noise to film: as was said, or as is usual for it.
pub fn steps(maker: &Maker, made: &Made) -> Steps {
    let usual = maker.steps();
    Steps {
        count: made.steps.unwrap_or(usual.count),
        guidance: made.guidance.unwrap_or(usual.guidance),
    }
}

/// How weights are held.
fn held(weights: Weights) -> WeightType {
    WeightType::As(match weights {
        Weights::Bf16 => Dtype::Bf16,
        Weights::Q8 => Dtype::Q8_0,
        Weights::Q4 => Dtype::Q4_0,
    })
}

/// Reads `style.safetensors=0.8`.
fn adapter(text: &str) -> anyhow::Result<(PathBuf, f32)> {
    let (path, strength) = match text.rsplit_once('=') {
        // A name may hold the sign, too.
        Some(_) if Path::new(text).is_file() => (text, "1"),
        Some((path, strength)) => (path, strength),
        None => (text, "1"),
    };
    let number = strength
        .parse::<f32>()
        .ok()
        .filter(|number| number.is_finite());
    let strength = number.ok_or_else(|| {
        let what = format!("`{strength}` does not say how strong the adapter is");
        Failure::refused("film_refused", what).hint("a number, as in `style.safetensors=0.8`")
    })?;
    Ok((PathBuf::from(path), strength))
}
