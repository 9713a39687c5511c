//! A film that a network makes, of any length: each clip goes on from the end of the one before.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use media::Picture;
use media::credentials::Source;

use super::painter::{Given, Painter, Painting};
use crate::guide::Guide;
use crate::make::Unmade;
use crate::order::{Order, Refused, Shot};
use crate::pace::seconds_of_film;
use crate::pictures::{Pictures, Told};
use crate::settings::{Settings, Steps};
use crate::world::read;

/// Pictures at the end of a clip that the next one begins with, of clips that have twice as many.
const OVERLAP: usize = 4;

/// A film that a network makes.
pub struct Painted<'a> {
    painter: &'a Painter,
    order: Order,
    steps: Steps,
    guide: Guide,
    unknown: Vec<String>,
    stop: &'a AtomicBool,
    told: &'a Told<'a>,
}

impl<'a> Painted<'a> {
    /// The film of `order`, whose words the network must know, between the pictures of `guide`. It is called off through `stop`, also within a step.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn new(
        painter: &'a Painter,
        order: &Order,
        (steps, guide): (Steps, Guide),
        (stop, told): (&'a AtomicBool, &'a Told<'a>),
    ) -> Result<Self, Refused> {
        order.check()?;
        steps.check()?;
        guide.check(order)?;
        let [_, rows, columns] = painter.size();
        if order.size.width * rows != order.size.height * columns {
            return Err(Refused::Aspect {
                wanted: order.size,
                rows,
                columns,
            });
        }
        let mut unknown = Vec::new();
        for (number, shot) in order.numbered() {
            read(&shot.prompt).map_err(|source| Refused::Prompt {
                shot: number,
                source,
            })?;
            unknown.extend(painter.unknown(&shot.prompt).into_iter().map(str::to_owned));
        }
        unknown.extend(
            painter
                .unknown(&order.negative)
                .into_iter()
                .map(str::to_owned),
        );
        let mut seen = HashSet::new();
        unknown.retain(|word| seen.insert(word.clone()));
        Ok(Self {
            painter,
            order: order.clone(),
            steps,
            guide,
            unknown,
            stop,
            told,
        })
    }

    fn all_clips(&self) -> u64 {
        let shots = self.order.shots.iter();
        shots.map(|shot| self.clips_of(shot)).sum()
    }

    fn clips_of(&self, shot: &Shot) -> u64 {
        self.clips(self.own_frames(self.order.frames_of(shot))) as u64
    }

    /// The network's own pictures that a shot of so many pictures needs.
    fn own_frames(&self, frames: u64) -> usize {
        let last = self.own_frame(frames.saturating_sub(1));
        match self.order.is_loop {
            // It runs to its middle and back.
            true => last / 2 + 1,
            false => last + 1,
        }
    }

    /// Which of the network's own pictures is seen in picture `frame`.
    fn own_frame(&self, frame: u64) -> usize {
        let rate = self.painter.frames_per_second();
        self.order.seen_at(frame, rate) as usize
    }

    /// Clips of which so many own pictures are joined.
    fn clips(&self, frames: usize) -> usize {
        let [clip, ..] = self.painter.size();
        1 + frames.saturating_sub(clip).div_ceil(clip - self.overlap())
    }

    /// Pictures that clips share.
    fn overlap(&self) -> usize {
        let [clip, ..] = self.painter.size();
        OVERLAP.min(clip / 2)
    }

    /// All pictures that the network makes for a shot, one after the other; nothing when it is called off.
    fn shot(&self, number: usize, before: u64) -> Option<Vec<u8>> {
        let shot = &self.order.shots[number];
        let wanted = self.own_frames(self.order.frames_of(shot));
        let [clip, rows, columns] = self.painter.size();
        let (bytes, overlap) = (rows * columns * 3, self.overlap());
        let mut film: Vec<u8> = Vec::new();
        let all = self.clips(wanted);
        for at in 0..all {
            let mut given = Held::new([clip, rows, columns]);
            if at > 0 {
                for (picture, pixels) in film[film.len() - overlap * bytes..]
                    .chunks_exact(bytes)
                    .enumerate()
                {
                    given.hold(picture, pixels);
                }
            }
            if let Some(first) = self.guide.first.as_ref().filter(|_| at == 0 && number == 0) {
                given.hold(0, &first.scaled(columns, rows).bytes);
            }
            let is_last = at + 1 == all && number + 1 == self.order.shots.len();
            if let Some(last) = self.guide.last.as_ref().filter(|_| is_last) {
                let before = at * (clip - overlap);
                given.hold(wanted - 1 - before, &last.scaled(columns, rows).bytes);
            }
            let skipped = if at > 0 { overlap * bytes } else { 0 };
            let painting = Painting {
                caption: &shot.prompt,
                negative: &self.order.negative,
                seed: self
                    .order
                    .seed
                    .wrapping_add((at as u64) << 32)
                    .wrapping_add(number as u64),
                steps: self.steps.count,
                guidance: self.steps.guidance,
                given: given.given,
            };
            let go_on = || !self.stop.load(Ordering::Relaxed);
            let made = self.painter.paint(&painting, &go_on, &mut |step, film| {
                let preview = || Some(self.enlarged(&film()[clip / 2 * bytes..][..bytes]));
                let count = u64::from(self.steps.count);
                let taken = (before + at as u64) * count + u64::from(step);
                (self.told)(taken, self.all_clips() * count, &preview);
                go_on()
            })?;
            film.extend_from_slice(&made[skipped..]);
        }
        Some(film)
    }

    /// A picture of the network in the film's size.
    fn enlarged(&self, pixels: &[u8]) -> Picture {
        let [_, rows, columns] = self.painter.size();
        let mut small = Picture::new(columns, rows);
        small.bytes.copy_from_slice(pixels);
        small.scaled(self.order.size.width, self.order.size.height)
    }
}

/// Pictures of a clip that are there already.
struct Held {
    size: [usize; 3],
    given: Option<Given>,
}

impl Held {
    fn new(size: [usize; 3]) -> Self {
        Self { size, given: None }
    }

    /// Holds a picture of the clip.
    fn hold(&mut self, picture: usize, pixels: &[u8]) {
        let [pictures, rows, columns] = self.size;
        let area = rows * columns;
        let given = self.given.get_or_insert_with(|| Given {
            pixels: vec![0; pictures * area * 3],
            mask: vec![false; pictures * area],
        });
        given.pixels[picture * area * 3..(picture + 1) * area * 3].copy_from_slice(pixels);
        given.mask[picture * area..(picture + 1) * area].fill(true);
    }
}

impl Pictures for Painted<'_> {
    fn order(&self) -> &Order {
        &self.order
    }

    fn steps(&self) -> Option<u64> {
        Some(self.all_clips() * u64::from(self.steps.count))
    }

    fn seconds_to_make(&self) -> f64 {
        let steps = self.steps().unwrap_or_default() as f64;
        steps * self.painter.seconds_of_step(self.steps.guidance) + seconds_of_film(&self.order)
    }

    fn unknown(&self) -> &[String] {
        &self.unknown
    }

    fn settings(&self) -> Settings {
        Settings {
            model: self.painter.name().to_owned(),
            steps: Some(self.steps),
            ..Settings::of(&self.order)
        }
    }

    fn source(&self) -> Source {
        Source::TrainedAlgorithmicMedia
    }

    fn run(
        &self,
        _: &mut dyn FnMut() -> Picture,
        take: &mut dyn FnMut(Picture) -> bool,
    ) -> Result<(), Unmade> {
        let [_, rows, columns] = self.painter.size();
        let bytes = rows * columns * 3;
        let mut before = 0;
        for (number, shot) in self.order.shots.iter().enumerate() {
            let film = self.shot(number, before);
            let film = film.ok_or(Unmade::Stopped)?;
            before += self.clips_of(shot);
            let frames = self.order.frames_of(shot);
            for frame in 0..frames {
                let within = match self.order.is_loop {
                    true => frame.min(frames - frame),
                    false => frame,
                };
                let at = self.own_frame(within).min(film.len() / bytes - 1);
                if !take(self.enlarged(&film[at * bytes..(at + 1) * bytes])) {
                    return Err(Unmade::Stopped);
                }
            }
        }
        Ok(())
    }
}
