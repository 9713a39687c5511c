//! Sizes of a network that makes films, and where pixels lie in its patches.

use crate::error::Error;
use crate::loader::Loader;
use crate::settings::Settings;

/// Numbers of a pixel: red, green and blue.
pub const CHANNELS: usize = 3;

/// Numbers of the film by which moments of the way are told: see [`FilmShape::seen`].
const NUMBERS: f32 = (8 * 32 * 32 * CHANNELS) as f32;

/// Sizes of a network that makes films.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilmShape {
    /// Pictures, rows and columns.
    pub film: [usize; 3],
    /// The same of a patch.
    pub patch: [usize; 3],
    /// Pictures of a second.
    pub frames_per_second: usize,
    /// Numbers in a token's row.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Layers that read the caption.
    pub reading_layers: usize,
    /// Heads.
    pub heads: usize,
    /// Numbers between the matrices of the feed-forward part.
    pub inner: usize,
    /// Words that it knows; word 0 is that of no caption.
    pub words: usize,
    /// Words of a caption at most.
    pub caption: usize,
    /// How patches are seen finely, and merged into tokens; where none, each patch is a token.
    pub fine: Option<FineShape>,
}

/// Sizes of the layers that see patches before they are merged into tokens, and after they are split again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FineShape {
    /// Patches of a token along time, rows and columns.
    pub merged: [usize; 3],
    /// Numbers in a patch's row.
    pub hidden: usize,
    /// Heads.
    pub heads: usize,
    /// Numbers between the matrices of the feed-forward part.
    pub inner: usize,
    /// Layers before tokens, and after them.
    pub layers: [usize; 2],
    /// Whether patches see those around them only.
    pub is_windowed: bool,
    /// Whether tokens see the means of their patches besides, and say what these are, to which patches add what is finer.
    pub is_residual: bool,
    /// Whether what is seen of patches goes past all layers as well, and counts as much as is learnt for how noisy it is.
    pub has_skip: bool,
}

/// Sizes of layers that go one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widths {
    /// Numbers in a row.
    pub hidden: usize,
    pub heads: usize,
    pub inner: usize,
}

impl FilmShape {
    /// Patches of a film.
    pub fn patches(&self) -> usize {
        self.grid().iter().product()
    }

    /// Patches along each axis.
    pub fn grid(&self) -> [usize; 3] {
        std::array::from_fn(|axis| self.film[axis] / self.patch[axis])
    }

    /// Tokens of a film.
    pub fn tokens(&self) -> usize {
        self.patches() / self.merged().iter().product::<usize>()
    }

    /// Tokens along each axis.
    pub(super) fn token_grid(&self) -> [usize; 3] {
        let (grid, merged) = (self.grid(), self.merged());
        std::array::from_fn(|axis| grid[axis] / merged[axis])
    }

    /// Patches of a token along each axis.
    pub(super) fn merged(&self) -> [usize; 3] {
        self.fine.map_or([1; 3], |fine| fine.merged)
    }

    /// Sizes of the layers of tokens.
    pub(super) fn widths(&self) -> Widths {
        Widths {
            hidden: self.hidden,
            heads: self.heads,
            inner: self.inner,
        }
    }

    /// Numbers in the row of a patch.
    pub(super) fn patch_hidden(&self) -> usize {
        self.fine.map_or(self.hidden, |fine| fine.hidden)
    }

    /// Where a patch is in the grid: those of a token lie one after the other.
    pub(super) fn patch_place(&self, patch: usize) -> [usize; 3] {
        let merged = self.merged();
        let of_token: usize = merged.iter().product();
        let token = split(patch / of_token, self.token_grid());
        let within = split(patch % of_token, merged);
        std::array::from_fn(|axis| token[axis] * merged[axis] + within[axis])
    }

    /// Numbers of a patch.
    pub fn patch_numbers(&self) -> usize {
        self.patch.iter().product::<usize>() * CHANNELS
    }

    /// Numbers that go in of a patch: of the film in noise, of what is given, and whether each pixel is.
    pub fn inputs(&self) -> usize {
        self.patch_numbers() * 2 + self.patch.iter().product::<usize>()
    }

    /// What goes in of patches as it goes in of films of which each patch is a pixel: for each token the means of its patches, of the film in
    /// noise, then of what is given, then of the mask.
    pub(super) fn means(&self, patches: &[f32]) -> Vec<f32> {
        let numbers = self.patch_numbers();
        let share = CHANNELS as f32 / numbers as f32;
        let mean = |pixels: &[f32], channel: usize, channels: usize| -> f32 {
            pixels.iter().skip(channel).step_by(channels).sum::<f32>() * share
        };
        let together = self.inputs() * self.merged().iter().product::<usize>();
        let mut means = Vec::with_capacity(patches.len() * CHANNELS / numbers);
        for token in patches.chunks_exact(together) {
            for part in [0..numbers, numbers..2 * numbers] {
                for patch in token.chunks_exact(self.inputs()) {
                    let colours =
                        (0..CHANNELS).map(|channel| mean(&patch[part.clone()], channel, CHANNELS));
                    means.extend(colours);
                }
            }
            let masks = token.chunks_exact(self.inputs());
            means.extend(masks.map(|patch| mean(&patch[2 * numbers..], 0, 1)));
        }
        means
    }

    /// How much is seen of a film of which so much is there: as much as of one of 24,576 numbers. Where there are more of them, more tell of the
    /// same thing, and their mean has less noise. Source: Esser et al. 2024, section 5.3.
    pub fn seen(&self, there: f32) -> f32 {
        let signal = self.grain() * there;
        signal / (signal + 1.0 - there)
    }

    /// The other way round: of how much is there so much seen?
    pub fn there(&self, seen: f32) -> f32 {
        seen / (seen + self.grain() * (1.0 - seen))
    }

    /// How much finer films are than that one, along a line.
    pub(super) fn grain(&self) -> f32 {
        ((self.patches() * self.patch_numbers()) as f32 / NUMBERS).sqrt()
    }

    /// Where a pixel of a patch is: picture, row and column.
    pub fn place(&self, patch: usize, pixel: usize) -> [usize; 3] {
        let (outer, inner) = (self.patch_place(patch), split(pixel, self.patch));
        std::array::from_fn(|axis| outer[axis] * self.patch[axis] + inner[axis])
    }

    /// Pixels `[pictures, rows, columns, 3]` as numbers from -1 to 1, patch by patch: `[N, P]`.
    ///
    /// # Panics
    /// When there are not as many.
    pub fn cut(&self, pixels: &[u8]) -> Vec<f32> {
        let mut out = Vec::with_capacity(pixels.len());
        self.each_pixel(|first| {
            let colours = &pixels[first..first + CHANNELS];
            out.extend(colours.iter().map(|x| f32::from(*x) / 127.5 - 1.0));
        });
        assert_eq!(out.len(), pixels.len(), "pixels of one film");
        out
    }

    /// The other way round.
    ///
    /// # Panics
    /// When there are not as many.
    pub fn join(&self, patches: &[f32]) -> Vec<u8> {
        let mut out = vec![0; patches.len()];
        let mut colours = patches.chunks_exact(CHANNELS);
        self.each_pixel(|first| {
            let colours = colours.next().expect("numbers of one film");
            for (out, x) in out[first..first + CHANNELS].iter_mut().zip(colours) {
                *out = ((x + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8;
            }
        });
        out
    }

    /// Calls `each` with where each pixel begins among the numbers of a film, patch by patch.
    fn each_pixel(&self, mut each: impl FnMut(usize)) {
        for patch in 0..self.patches() {
            for pixel in 0..self.patch_numbers() / CHANNELS {
                let [picture, row, column] = self.place(patch, pixel);
                each(((picture * self.film[1] + row) * self.film[2] + column) * CHANNELS);
            }
        }
    }

    /// What contradicts itself.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |flaw: String| Err(Error::Config(flaw));
        let counts = [
            self.frames_per_second,
            self.hidden,
            self.layers,
            self.heads,
            self.inner,
            self.words,
            self.caption,
        ];
        let fine = self.fine.map(FineShape::sizes);
        let sizes = self.film.iter().chain(&self.patch).chain(&counts);
        let sizes = sizes.chain(fine.iter().flatten());
        if sizes.clone().any(|size| *size == 0 || *size > 1 << 20) {
            return refuse("a film's network has a size of none, or beyond all bounds".to_owned());
        }
        let pairs = self.film.iter().zip(&self.patch);
        if pairs
            .clone()
            .any(|(film, patch)| !film.is_multiple_of(*patch))
        {
            return refuse(format!(
                "films of {:?} are not cut into patches of {:?}",
                self.film, self.patch
            ));
        }
        let grid = self.grid();
        let mut pairs = grid.iter().zip(self.merged());
        if pairs.any(|(patches, merged)| !patches.is_multiple_of(merged)) {
            return refuse(format!(
                "{grid:?} patches are not merged by {:?}",
                self.merged()
            ));
        }
        let widths = std::iter::once(self.widths()).chain(self.fine.map(FineShape::widths));
        for Widths { hidden, heads, .. } in widths {
            let width = hidden / heads;
            if !hidden.is_multiple_of(heads) || !width.is_multiple_of(16) {
                return refuse(format!("`{hidden}` numbers in `{heads}` heads"));
            }
        }
        Ok(())
    }

    pub(super) fn read(loader: &Loader<'_>) -> Result<Self, Error> {
        let settings = &loader.settings;
        let three = |key: &str| sizes(settings, key);
        let fine = settings.inner("fine")?;
        let shape = Self {
            film: three("film_size")?,
            patch: three("patch_size")?,
            frames_per_second: settings.count("frames_per_second")?,
            hidden: settings.count("hidden_size")?,
            layers: settings.layers()?,
            reading_layers: settings.count_if("num_text_layers")?.unwrap_or(0),
            heads: settings.count("num_attention_heads")?,
            inner: settings.count("intermediate_size")?,
            words: settings.count("vocab_size")?,
            caption: settings.count("max_caption_length")?,
            fine: fine.as_ref().map(FineShape::read).transpose()?,
        };
        shape.check()?;
        Ok(shape)
    }
}

impl FineShape {
    fn read(settings: &Settings) -> Result<Self, Error> {
        Ok(Self {
            merged: sizes(settings, "merge_size")?,
            hidden: settings.count("hidden_size")?,
            heads: settings.count("num_attention_heads")?,
            inner: settings.count("intermediate_size")?,
            layers: sizes(settings, "num_layers")?,
            is_windowed: settings.flag_if("windows")?.unwrap_or(false),
            is_residual: settings.flag_if("residual")?.unwrap_or(false),
            has_skip: settings.flag_if("skip")?.unwrap_or(false),
        })
    }

    /// Patches of a token.
    pub fn patches(self) -> usize {
        self.merged.iter().product()
    }

    /// Sizes of its layers.
    pub(super) fn widths(self) -> Widths {
        Widths {
            hidden: self.hidden,
            heads: self.heads,
            inner: self.inner,
        }
    }

    /// What there is at least one of; layers may all be on one side.
    fn sizes(self) -> [usize; 7] {
        let [a, b, c] = self.merged;
        let layers = self.layers.iter().sum();
        [a, b, c, self.hidden, self.heads, self.inner, layers]
    }
}

/// Where the number `at` is in a box.
pub(super) fn split(at: usize, sizes: [usize; 3]) -> [usize; 3] {
    let row = at / sizes[2];
    [row / sizes[1], row % sizes[1], at % sizes[2]]
}

/// A setting of so many sizes.
fn sizes<const N: usize>(settings: &Settings, key: &str) -> Result<[usize; N], Error> {
    let numbers = settings.numbers_if(key)?.unwrap_or_default();
    let numbers: Vec<usize> = numbers.into_iter().map(|x| x as usize).collect();
    <[usize; N]>::try_from(numbers)
        .map_err(|_| Error::Config(format!("setting `{key}` is not a list of {N} sizes")))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Films of 48 patches, six a token.
    pub(in crate::film) fn small() -> FilmShape {
        FilmShape {
            film: [4, 8, 12],
            patch: [2, 2, 2],
            frames_per_second: 4,
            hidden: 32,
            layers: 1,
            reading_layers: 1,
            heads: 2,
            inner: 48,
            words: 3,
            caption: 8,
            fine: Some(FineShape {
                merged: [1, 2, 3],
                hidden: 16,
                heads: 1,
                inner: 32,
                layers: [1, 1],
                is_windowed: false,
                is_residual: true,
                has_skip: true,
            }),
        }
    }

    #[test]
    fn patches_of_a_token_lie_one_after_the_other_and_hold_each_pixel_once() {
        let shape = small();
        shape.check().unwrap();
        assert_eq!((shape.patches(), shape.tokens()), (48, 8));
        assert_eq!(shape.place(6, 0), [0, 0, 6]);
        assert_eq!(shape.place(5, 7), [1, 3, 5]);
        let pixels: Vec<u8> = (0..4 * 8 * 12 * 3).map(|at| (at % 251) as u8).collect();
        assert_eq!(shape.join(&shape.cut(&pixels)), pixels);
        let tokens = |merged| FilmShape {
            fine: shape.fine.map(|fine| FineShape { merged, ..fine }),
            ..shape
        };
        assert!(tokens([1, 3, 3]).check().is_err());
        assert!(tokens([1, 0, 1]).check().is_err());
    }

    #[test]
    fn patches_go_in_as_pixels_of_their_means() {
        let shape = small();
        // Of each patch the numbers of its film are its number, what is given ten more, and half of the mask is set.
        let inputs = (0..shape.patches()).flat_map(|patch| {
            let colours = |more: usize| std::iter::repeat_n((patch + more) as f32, 24);
            let mask = [0.0, 1.0].into_iter().cycle().take(8);
            colours(0).chain(colours(10)).chain(mask)
        });
        let means = shape.means(&inputs.collect::<Vec<f32>>());
        assert_eq!(means.len(), shape.tokens() * 6 * 7);
        let second = &means[42..84];
        assert_eq!(second[..4], [6.0, 6.0, 6.0, 7.0]);
        assert_eq!(second[18..22], [16.0, 16.0, 16.0, 17.0]);
        assert_eq!(second[36..], [0.5; 6]);
    }
}
