//! Which layers see only the tokens before them that are near.

use crate::error::Error;
use crate::settings::Settings;

/// How many tokens before itself a token sees in each layer.
pub(crate) struct Windows {
    window: Option<usize>,
    /// Whether a layer has the window; all have it when nothing is said.
    layers: Option<Vec<bool>>,
}

impl Windows {
    /// The window of a layer, none when its tokens see all before them.
    pub fn of(&self, layer: usize) -> Option<usize> {
        let has_window = self
            .layers
            .as_ref()
            .is_none_or(|layers| layers.get(layer) == Some(&true));
        self.window.filter(|_| has_window)
    }
}

/// Reads `sliding_window` and which layers have it: by name, all but each n-th, or all from one on. A
/// window of W tokens counts the token itself there, and does not here.
pub(crate) fn windows(settings: &Settings) -> Result<Windows, Error> {
    let is_used = settings.flag_if("use_sliding_window")?.unwrap_or(true);
    let window = settings.count_if("sliding_window")?.filter(|_| is_used);
    let kinds = settings.words_if("layer_types")?;
    let pattern = settings.count_if("sliding_window_pattern")?;
    let first = settings.count_if("max_window_layers")?;
    let layers = 0..settings.layers()?;
    let layers: Option<Vec<bool>> = match (kinds, pattern, first) {
        (Some(kinds), _, _) => Some(
            kinds
                .iter()
                .map(|kind| *kind == "sliding_attention")
                .collect(),
        ),
        (None, Some(pattern), _) => {
            let pattern = pattern.max(1);
            Some(
                layers
                    .map(|layer| !(layer + 1).is_multiple_of(pattern))
                    .collect(),
            )
        }
        (None, None, Some(first)) => Some(layers.map(|layer| layer >= first).collect()),
        (None, None, None) => None,
    };
    Ok(Windows {
        window: window.map(|window| window.saturating_sub(1)),
        layers,
    })
}
