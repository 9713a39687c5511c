//! A film by open weights, as the studio takes it.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use media::Picture;
use media::credentials::Source;

use super::error::Error;
use super::pipeline::{Pipeline, Watch};
use super::releases::{RELEASES, Release};
use super::request::Request;
use super::sampler::Sampler;
use crate::guide::Guide;
use crate::make::Unmade;
use crate::order::{Order, Refused, Shot, Size};
use crate::pace::seconds_of_film;
use crate::pictures::{Pictures, Told};
use crate::settings::{KeptAdapter, Settings, Steps};

/// Letters of a name that films say.
const NAME_MAX: usize = 64;

/// A film by open weights.
pub struct Filmed<'a> {
    pipeline: Mutex<&'a mut Pipeline>,
    usual: Usual,
    adapters: Vec<KeptAdapter>,
    order: Order,
    steps: Steps,
    guide: Guide,
    stop: &'a AtomicBool,
    told: &'a Told<'a>,
}

/// What the authors of weights make of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Usual {
    /// The folder's name, by which films say who made them.
    pub name: String,
    /// How large films are.
    pub size: Size,
    /// Pictures a second.
    pub frames_per_second: u32,
    /// How they go from noise to film.
    pub steps: Steps,
    /// Which release they are, where that is known by the folder's name.
    pub release: Option<&'static Release>,
}

impl Usual {
    /// How steps are taken where the folder of that name needs to be told.
    pub fn sampler(folder: &Path) -> Option<Sampler> {
        Self::known(&name(folder))?.sampler()
    }

    fn known(name: &str) -> Option<&'static Release> {
        RELEASES.iter().find(|release| release.is_called(name))
    }

    /// What is usual for the folder at `folder`, which makes films that begin with a given picture or does not.
    pub fn of(folder: &Path, pipeline: &Pipeline) -> Self {
        let name = name(folder);
        let known = Self::known(&name);
        let like = usize::from(pipeline.takes_a_first_picture());
        let release = known.unwrap_or(&RELEASES[like]);
        let [width, height, _, rate] = release.film;
        let plain = |sign: char| match sign.is_control() {
            true => ' ',
            false => sign,
        };
        Self {
            name: name.chars().map(plain).take(NAME_MAX).collect(),
            size: Size { width, height },
            frames_per_second: rate as u32,
            steps: Steps {
                count: release.steps as u32,
                guidance: f32::from(release.guidance),
            },
            release: known,
        }
    }
}

fn name(folder: &Path) -> String {
    let path = folder.canonicalize().unwrap_or(folder.to_owned());
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

impl Release {
    /// Whether a folder of that name holds it.
    pub fn is_called(&self, folder: &str) -> bool {
        let repository = self.repository.rsplit('/').next().unwrap_or_default();
        folder.eq_ignore_ascii_case(repository) || folder.eq_ignore_ascii_case(self.name)
    }
}

impl<'a> Filmed<'a> {
    /// The film of `order`, which begins with the first picture of `guide`. It is called off through `stop`, also within a step.
    ///
    /// # Errors
    /// [`Refused`] when the order is none for these weights, and when they cannot be used.
    pub fn new(
        pipeline: &'a mut Pipeline,
        usual: Usual,
        order: &Order,
        (steps, guide): (Steps, Guide),
        (stop, told): (&'a AtomicBool, &'a Told<'a>),
    ) -> Result<Self, Unmade> {
        order.check()?;
        steps.check()?;
        if order.is_loop {
            return Err(Refused::Unable {
                what: "loops",
                hint: "the scene renderer does; leave `--model` out",
            }
            .into());
        }
        if guide.last.is_some() {
            return Err(Refused::Unable {
                what: "films that end with a given picture",
                hint: "what was trained here does, and Wan 2.2 TI2V begins with one",
            }
            .into());
        }
        if guide.first.is_some() && !pipeline.takes_a_first_picture() {
            return Err(Refused::Unable {
                what: "films that begin with a given picture",
                hint: "Wan 2.2 TI2V does, and what was trained here",
            }
            .into());
        }
        if !order.negative.is_empty() && steps.guidance <= 1.0 {
            return Err(Refused::Unable {
                what: "films against words without guidance",
                hint: "`--guidance` is more than 1 where words against count",
            }
            .into());
        }
        let adapters = pipeline.adapters().iter();
        let filmed = Self {
            adapters: adapters
                .map(|(path, scale)| KeptAdapter::of(path, *scale))
                .collect(),
            pipeline: Mutex::new(pipeline),
            usual,
            order: order.clone(),
            steps,
            guide,
            stop,
            told,
        };
        for shot in &order.shots {
            let pipeline = filmed.pipeline.lock().expect("nobody panics with it");
            let [width, height, _] = pipeline.fitting(&filmed.request(1, shot))?.film;
            let nearest = Size { width, height };
            if nearest != order.size {
                let wanted = order.size.to_string();
                return Err(Refused::Size { wanted, nearest }.into());
            }
        }
        Ok(filmed)
    }

    fn all_steps(&self) -> u64 {
        self.order.shots.len() as u64 * u64::from(self.steps.count)
    }

    fn request(&self, number: u64, shot: &Shot) -> Request {
        let frames = self.order.frames_of(shot);
        // One more than a multiple of four.
        let frames = (self.own_frame(frames.saturating_sub(1)) as usize).next_multiple_of(4) + 1;
        Request {
            width: self.order.size.width,
            height: self.order.size.height,
            frames,
            steps: self.steps.count as usize,
            guidance: self.steps.guidance,
            seed: self.order.seed.wrapping_add(number),
            negative: self.order.negative.clone(),
            first: self.guide.first.clone().filter(|_| number == 0),
            ..Request::new(&shot.prompt)
        }
    }

    /// Which picture of the weights is seen in picture `frame`.
    fn own_frame(&self, frame: u64) -> u64 {
        self.order.seen_at(frame, self.usual.frames_per_second)
    }

    /// Makes a shot; whether to go on.
    fn shot(
        &self,
        number: u64,
        shot: &Shot,
        take: &mut dyn FnMut(Picture) -> bool,
    ) -> Result<bool, Error> {
        let (frames, mut next) = (self.order.frames_of(shot), 0);
        let is_left = AtomicBool::new(false);
        let keeps_going = || !self.stop.load(Ordering::Relaxed) && !is_left.load(Ordering::Relaxed);
        let count = u64::from(self.steps.count);
        let mut each_frame = |own: usize, frame: super::Frame| {
            let picture = frame.picture();
            while next < frames && self.own_frame(next) <= own as u64 {
                next += 1;
                if keeps_going() && !take(picture.clone()) {
                    is_left.store(true, Ordering::Relaxed);
                }
            }
        };
        let made = self.pipeline.lock().expect("nobody panics with it").film(
            &self.request(number, shot),
            &mut Watch {
                keeps_going: &keeps_going,
                each_step: &mut |step, _, film| {
                    let seen = || Some(film()?.picture());
                    (self.told)(number * count + step as u64, self.all_steps(), &seen);
                },
                each_frame: &mut each_frame,
            },
        );
        match made {
            Ok(()) => Ok(keeps_going()),
            Err(Error::Stopped) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Pictures for Filmed<'_> {
    fn order(&self) -> &Order {
        &self.order
    }

    fn steps(&self) -> Option<u64> {
        Some(self.all_steps())
    }

    fn seconds_to_make(&self) -> f64 {
        let pipeline = self.pipeline.lock().expect("nobody panics with it");
        let shots = self.order.shots.iter().map(|shot| {
            let estimate = pipeline.estimate(&self.request(1, shot));
            estimate.map_or(0.0, |estimate| pipeline.seconds(&estimate))
        });
        shots.sum::<f64>() + seconds_of_film(&self.order)
    }

    fn unknown(&self) -> &[String] {
        &[]
    }

    fn settings(&self) -> Settings {
        Settings {
            model: self.usual.name.clone(),
            steps: Some(self.steps),
            adapters: self.adapters.clone(),
            ..Settings::of(&self.order)
        }
    }

    fn source(&self) -> Source {
        Source::TrainedAlgorithmicMedia
    }

    fn goes_on(&self) -> bool {
        self.pipeline
            .lock()
            .expect("nobody panics with it")
            .keeps_unfinished()
    }

    fn placed(&self) {
        let pipeline = self.pipeline.lock().expect("nobody panics with it");
        for (number, shot) in (0..).zip(&self.order.shots) {
            pipeline.forget(&self.request(number, shot));
        }
    }

    fn run(
        &self,
        _: &mut dyn FnMut() -> Picture,
        take: &mut dyn FnMut(Picture) -> bool,
    ) -> Result<(), Unmade> {
        for (number, shot) in (0..).zip(&self.order.shots) {
            if !self.shot(number, shot, take)? {
                return Err(Unmade::Stopped);
            }
        }
        Ok(())
    }
}
