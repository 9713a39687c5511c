//! Published weights that are known, and on what terms.

use super::sampler::Sampler;

/// One release. Its terms are shown before it is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// What it is called here.
    pub name: &'static str,
    /// The repository on the hub.
    pub repository: &'static str,
    /// Its licence, as SPDX writes it.
    pub licence: &'static str,
    /// Where it may be used; empty when the licence says nothing of places.
    pub territory: &'static str,
    /// Steps that it is taught for; none when any number does.
    pub moments: Option<&'static [u16]>,
    /// Steps that its authors take.
    pub steps: usize,
    /// How much more the words count than nothing, as its authors have it.
    pub guidance: u8,
    /// Pixels in a row, rows, pictures and pictures a second, as its authors have them.
    pub film: [usize; 4],
}

/// All that are known.
pub const RELEASES: [Release; 4] = [
    Release {
        name: "wan2.1-t2v-1.3b",
        repository: "Wan-AI/Wan2.1-T2V-1.3B-Diffusers",
        licence: "Apache-2.0",
        territory: "",
        moments: None,
        steps: 50,
        guidance: 5,
        film: [832, 480, 81, 16],
    },
    Release {
        name: "wan2.2-ti2v-5b",
        repository: "Wan-AI/Wan2.2-TI2V-5B-Diffusers",
        licence: "Apache-2.0",
        territory: "",
        moments: None,
        steps: 50,
        guidance: 5,
        film: [1280, 704, 121, 24],
    },
    Release {
        name: "fastwan2.1-t2v-1.3b",
        repository: "FastVideo/FastWan2.1-T2V-1.3B-Diffusers",
        licence: "Apache-2.0",
        territory: "",
        moments: Some(&[1000, 757, 522]),
        steps: 3,
        guidance: 1,
        film: [832, 480, 81, 16],
    },
    Release {
        name: "fastwan2.2-ti2v-5b",
        repository: "FastVideo/FastWan2.2-TI2V-5B-FullAttn-Diffusers",
        licence: "Apache-2.0",
        territory: "",
        moments: Some(&[1000, 757, 522]),
        steps: 3,
        guidance: 1,
        film: [1280, 704, 121, 24],
    },
];

impl Release {
    /// How its steps are taken, where that is not as its folder says.
    pub fn sampler(&self) -> Option<Sampler> {
        let moments = self.moments?.iter().map(|moment| f32::from(*moment));
        Some(Sampler::Again(moments.collect()))
    }
}
