//! Pipelines of Wan make the films that `diffusers` makes.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use media::Picture;
use tensor::files::{Dtype, Safetensors};
use tensor::{Pool, WeightType};
use video::open_weights::{Error, Frame, Options, Pipeline, Request, Sampler, Watch};

const PROMPT: &str = "A red fox runs over fresh snow,  towards the old forest &amp; the river, while the sun goes \
                      down slowly in a calm winter evening.";
const F32: WeightType = WeightType::As(Dtype::F32);

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/wan")
}

fn golden(file: &Path, name: &str) -> Vec<f32> {
    let golden = Safetensors::open(file).expect("golden outputs");
    golden.view(name).expect("a golden output").to_f32()
}

/// Noise `[channels, frames, height, width]` of the reference as ours, channels last.
fn noise(folder: &Path) -> Vec<f32> {
    let golden = Safetensors::open(folder.join("golden.safetensors")).expect("golden outputs");
    let view = golden.view("dit.latents").expect("noise");
    let (values, channels) = (view.to_f32(), view.shape[0]);
    let places = values.len() / channels;
    (0..values.len())
        .map(|at| values[at % channels * places + at / channels])
        .collect()
}

fn options() -> Options {
    Options {
        weights: F32,
        text: F32,
        kernels: F32,
        text_tokens: 48,
        ..Options::default()
    }
}

fn request(folder: &Path, [width, height]: [usize; 2]) -> Request {
    Request {
        negative: "blurred, static".to_owned(),
        width,
        height,
        frames: 9,
        steps: 4,
        noise: Some(noise(folder)),
        ..Request::new(PROMPT)
    }
}

/// The pictures of a film, and how many steps were told of.
fn film(pipeline: &mut Pipeline, request: &Request) -> Result<(Vec<Frame>, usize), Error> {
    let (mut frames, mut steps) = (Vec::new(), 0);
    pipeline.film(
        request,
        &mut Watch {
            keeps_going: &|| true,
            each_step: &mut |_, _, _| steps += 1,
            each_frame: &mut |_, frame| frames.push(frame),
        },
    )?;
    Ok((frames, steps))
}

/// Some pixels in the reference's order, frame by frame and colour by colour.
fn sampled(frames: &[Frame]) -> Vec<f32> {
    let all = frames.iter().flat_map(|frame| {
        (0..3).flat_map(move |colour| frame.values.iter().skip(colour).step_by(3).copied())
    });
    all.step_by(7).collect()
}

fn error(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.iter().zip(theirs);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn pipeline(name: &str, options: Options) -> Result<Pipeline, Error> {
    Pipeline::open(
        &fixtures().join(name),
        options,
        &Arc::new(Pool::new(NonZeroUsize::MIN)),
    )
}

#[test]
fn films_from_words_are_those_of_the_reference() {
    for (name, size) in [("t2v", [48, 32]), ("ti2v", [64, 32])] {
        let folder = fixtures().join(name);
        let mut pipeline = pipeline(name, options()).unwrap();
        let (frames, steps) = film(&mut pipeline, &request(&folder, size)).unwrap();
        assert_eq!((frames.len(), steps), (9, 4));
        let error = error(
            &sampled(&frames),
            &golden(&folder.join("golden.safetensors"), "film.pixels"),
        );
        assert!(error <= 1e-4, "{name}: {error:e}");
    }
}

#[test]
fn a_film_may_begin_with_a_picture() {
    let folder = fixtures().join("ti2v");
    let planes = golden(&folder.join("golden.safetensors"), "animated.image");
    let pixels = planes.len() / 3;
    let bytes = (0..planes.len())
        .map(|at| planes[at % 3 * pixels + at / 3] as u8)
        .collect();
    let first = Some(Picture {
        width: 64,
        height: 32,
        bytes,
    });
    let request = Request {
        first,
        ..request(&folder, [64, 32])
    };
    let (frames, _) = film(&mut pipeline("ti2v", options()).unwrap(), &request).unwrap();
    let error = error(
        &sampled(&frames),
        &golden(&folder.join("golden.safetensors"), "animated.pixels"),
    );
    assert!(error <= 1e-4, "{error:e}");
    let refused = film(&mut pipeline("t2v", options()).unwrap(), &request).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("cannot begin with a given picture"),
        "{refused}"
    );
}

#[test]
fn steps_are_those_of_the_reference() {
    let file = fixtures().join("schedules.safetensors");
    for (name, sampler) in [
        (
            "unipc",
            Sampler::UniPc {
                shift: 5.0,
                order: 2,
                is_linear: false,
            },
        ),
        (
            "unipc3",
            Sampler::UniPc {
                shift: 3.0,
                order: 3,
                is_linear: true,
            },
        ),
        ("euler", Sampler::Euler { shift: 3.0 }),
    ] {
        let of = |what: &str| golden(&file, &format!("{name}.{what}"));
        let (samples, said) = (of("samples"), of("said"));
        let mut steps = sampler.steps(8).unwrap();
        assert_eq!(error(&steps.moments, &of("timesteps")), 0.0, "{name}");
        assert!(error(&steps.sigmas, &of("sigmas")) <= 1e-7, "{name}");
        let mut x = samples[..16].to_vec();
        for step in 0..8 {
            steps.take(step, &mut x, &said[step * 16..][..16], &mut || {
                unreachable!("no noise")
            });
            let error = error(&x, &samples[(step + 1) * 16..][..16]);
            assert!(error <= 1e-5, "{name} {step}: {error:e}");
        }
    }
}

#[test]
fn few_steps_go_to_the_film_and_back_to_noise() {
    let sampler = Sampler::Again(vec![1000.0, 757.0, 522.0]);
    assert!(sampler.steps(4).is_err());
    let mut steps = sampler.steps(3).unwrap();
    let (mut x, mut asked) = (vec![2.0], 0);
    let mut film = 0.0;
    for (step, said) in [1.0, 0.5, -1.0].into_iter().enumerate() {
        film = x[0] - steps.sigmas[step] * said;
        steps.take(step, &mut x, &[said], &mut || {
            asked += 1;
            vec![10.0]
        });
    }
    assert_eq!((x[0], asked), (film, 2));
    let parts = Sampler::Parts { shift: 5.0 }.steps(4).unwrap();
    let expected = [1000.0, 937.5, 833.333_3, 625.0];
    assert!(
        error(&parts.moments, &expected) < 1e-3,
        "{:?}",
        parts.moments
    );
}

#[test]
fn tiles_adapters_and_kept_texts_are_used() {
    let folder = fixtures().join("t2v");
    let texts = tempfile::tempdir().unwrap();
    let request = request(&folder, [48, 32]);
    let plain = film(&mut pipeline("t2v", options()).unwrap(), &request)
        .unwrap()
        .0;
    let mut kept = options();
    kept.embeddings = Some(texts.path().to_owned());
    for _ in 0..2 {
        let again = film(&mut pipeline("t2v", kept.clone()).unwrap(), &request)
            .unwrap()
            .0;
        assert_eq!(again, plain);
        assert_eq!(texts.path().read_dir().unwrap().count(), 2);
    }
    let mut tiled = options();
    tiled.tiles = Some(models::Tiles {
        side: 24,
        stride: 16,
    });
    let tiled = film(&mut pipeline("t2v", tiled).unwrap(), &request)
        .unwrap()
        .0;
    assert!(
        error(&sampled(&tiled), &sampled(&plain)) > 1e-3,
        "tiles of so few pixels are seen"
    );
    // The second pipeline has latents of as many channels as the tiny decoder.
    let folder = fixtures().join("ti2v");
    let mut tiny = options();
    tiny.tiny = Some(fixtures().join("taew/taew.safetensors"));
    let tiny = film(
        &mut pipeline("ti2v", tiny).unwrap(),
        &self::request(&folder, [64, 32]),
    )
    .expect("a fixture")
    .0;
    assert_eq!((tiny.len(), tiny[0].width, tiny[0].height), (9, 64, 32));
    let mut adapted = options();
    adapted.adapters = vec![(fixtures().join("lora/first.safetensors"), 0.5)];
    let adapted = film(&mut pipeline("t2v", adapted).expect("a fixture"), &request)
        .expect("a fixture")
        .0;
    assert!(error(&sampled(&adapted), &sampled(&plain)) > 1e-3);
}

/// The parts of a pipeline in another folder, with a tiny decoder beside them.
fn with_tiny(name: &str, to: &Path) {
    for entry in fixtures().join(name).read_dir().expect("a fixture") {
        let entry = entry.expect("a fixture");
        std::os::unix::fs::symlink(entry.path(), to.join(entry.file_name())).expect("a fixture");
    }
    let tiny = fixtures().join("taew/taew.safetensors");
    std::fs::copy(tiny, to.join("taew2_2.safetensors")).expect("a fixture");
}

#[test]
fn a_tiny_decoder_in_the_folder_shows_each_step() {
    let pool = Arc::new(Pool::new(NonZeroUsize::MIN));
    let request = request(&fixtures().join("ti2v"), [64, 32]);
    let shown = |pipeline: &mut Pipeline| {
        let mut shown = Vec::new();
        let mut watch = Watch {
            keeps_going: &|| true,
            each_step: &mut |_, _, film| shown.extend(film()),
            each_frame: &mut |_, _| {},
        };
        pipeline.film(&request, &mut watch).unwrap();
        shown
    };
    assert_eq!(shown(&mut pipeline("ti2v", options()).unwrap()), []);
    let folder = tempfile::tempdir().unwrap();
    with_tiny("ti2v", folder.path());
    let shown = shown(&mut Pipeline::open(folder.path(), options(), &pool).unwrap());
    assert_eq!(shown.len(), 4);
    assert!(
        shown
            .iter()
            .all(|frame| (frame.width, frame.height) == (64, 32))
    );
    assert!(shown.windows(2).all(|two| two[0] != two[1]));
    // Latents of the other release have fewer channels.
    let folder = tempfile::tempdir().unwrap();
    with_tiny("t2v", folder.path());
    let refused = Pipeline::open(folder.path(), options(), &pool).err();
    let refused = refused.map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("taew2_2.safetensors"), "{refused}");
}

/// A film that is called off after so many steps.
fn cut(pipeline: &mut Pipeline, request: &Request, after: usize) -> Vec<usize> {
    let told = std::cell::RefCell::new(Vec::new());
    let made = pipeline.film(
        request,
        &mut Watch {
            keeps_going: &|| told.borrow().last().is_none_or(|last| *last < after),
            each_step: &mut |step, _, _| told.borrow_mut().push(step),
            each_frame: &mut |_, _| {},
        },
    );
    assert!(matches!(made, Err(Error::Stopped)));
    told.into_inner()
}

#[test]
fn a_film_that_was_interrupted_goes_on_from_its_last_step_and_is_the_same() {
    let folder = fixtures().join("t2v");
    let samplers = [
        None,
        Some(Sampler::Again(vec![1000.0, 757.0, 522.0, 250.0])),
    ];
    for sampler in samplers {
        let kept = tempfile::tempdir().unwrap();
        let options = Options {
            sampler,
            ..options()
        };
        let request = request(&folder, [48, 32]);
        let whole = film(&mut pipeline("t2v", options.clone()).unwrap(), &request)
            .unwrap()
            .0;
        let keeps = Options {
            unfinished: Some(kept.path().to_owned()),
            ..options
        };
        let mut first = pipeline("t2v", keeps.clone()).unwrap();
        assert_eq!(cut(&mut first, &request, 2), [1, 2]);
        assert_eq!(
            cut(&mut pipeline("t2v", keeps.clone()).unwrap(), &request, 3),
            [2, 3]
        );
        // Another film begins at its beginning.
        let other = Request {
            seed: 9,
            ..request.clone()
        };
        assert_eq!(
            cut(&mut pipeline("t2v", keeps.clone()).unwrap(), &other, 1),
            [1]
        );
        let mut last = pipeline("t2v", keeps.clone()).unwrap();
        let (frames, steps) = film(&mut last, &request).unwrap();
        assert_eq!((frames, steps), (whole.clone(), 2));
        // All steps are taken: what is left is to make pictures.
        assert_eq!(film(&mut last, &request).unwrap(), (whole, 1));
        last.forget(&request);
        last.forget(&other);
        assert_eq!(kept.path().read_dir().unwrap().count(), 0);
    }
}

#[test]
fn weights_of_fewer_bits_make_nearly_the_same_film() {
    let folder = fixtures().join("t2v");
    let request = request(&folder, [48, 32]);
    let plain = film(&mut pipeline("t2v", options()).unwrap(), &request)
        .unwrap()
        .0;
    for (dtype, most) in [(Dtype::Bf16, 0.02), (Dtype::Q8_0, 0.05), (Dtype::Q4_0, 0.3)] {
        let held = Options {
            weights: WeightType::As(dtype),
            ..options()
        };
        let frames = film(&mut pipeline("t2v", held).unwrap(), &request)
            .unwrap()
            .0;
        let pairs = frames
            .iter()
            .zip(&plain)
            .flat_map(|(a, b)| a.values.iter().zip(&b.values));
        let (count, sum) = pairs.fold((0, 0.0), |(count, sum), (a, b)| {
            (count + 1, sum + (a - b).abs())
        });
        let mean = sum / count as f32;
        assert!(mean > 0.0 && mean < most, "{dtype}: {mean}");
    }
}

#[test]
fn a_film_is_called_off_within_a_step_and_refused_before_it_does_not_fit() {
    let folder = fixtures().join("t2v");
    let request = request(&folder, [48, 32]);
    let asked = std::cell::Cell::new(0);
    let stops = || {
        asked.set(asked.get() + 1);
        asked.get() < 6
    };
    let mut steps = 0;
    let made = pipeline("t2v", options()).unwrap().film(
        &request,
        &mut Watch {
            keeps_going: &stops,
            each_step: &mut |_, _, _| steps += 1,
            each_frame: &mut |_, _| unreachable!("it was called off before"),
        },
    );
    // Two layers of the text, two blocks with words, one without.
    assert!(matches!(made, Err(Error::Stopped)) && steps == 0);
    let small = Options {
        memory_bytes_max: Some(1 << 16),
        ..options()
    };
    let refused = film(&mut pipeline("t2v", small).unwrap(), &request).unwrap_err();
    assert!(matches!(refused, Error::TooLarge { .. }), "{refused}");
    let largest = refused.to_string();
    assert!(
        largest.contains("hint: a smaller one does not fit either; weights held in"),
        "{largest}"
    );
    let estimate = pipeline("t2v", options())
        .unwrap()
        .estimate(&request)
        .unwrap();
    assert_eq!(
        (estimate.film, estimate.tokens, estimate.passes),
        ([48, 32, 9], 18, 8)
    );
}

#[test]
fn what_does_not_fit_is_told_with_the_largest_that_does() {
    const FRAMES: usize = 801;
    let folder = fixtures().join("t2v");
    let asked = Request {
        width: 480,
        height: 320,
        frames: FRAMES,
        noise: None,
        ..request(&folder, [480, 320])
    };
    let with = |bytes: u64| {
        let options = Options {
            memory_bytes_max: Some(bytes),
            ..options()
        };
        pipeline("t2v", options).unwrap()
    };
    let needed = with(u64::MAX).estimate(&asked).unwrap();
    assert!(with(needed.bytes()).fitting(&asked).is_ok());
    // Pictures take as much however many they are, steps do not.
    assert!(needed.steps_bytes > needed.pictures_bytes, "{needed:?}");
    let seconds = with(u64::MAX).seconds(&needed);
    assert!(seconds.is_finite() && seconds > 0.0);
    let less = with(u64::midpoint(needed.steps_bytes, needed.pictures_bytes));
    let Err(Error::TooLarge { largest, .. }) = less.fitting(&asked) else {
        panic!("it does not fit");
    };
    let [shorter, smaller] = largest.0[..] else {
        panic!("{largest:?}");
    };
    assert_eq!(shorter[..2], [480, 320]);
    assert!(shorter[2] < FRAMES && smaller[0] < 480 && smaller[2] == FRAMES);
    for [width, height, frames] in [shorter, smaller] {
        let fits = |more: usize| {
            let scaled = |side: usize| side + more * (side / 20).next_multiple_of(16);
            let request = match frames == FRAMES {
                true => Request {
                    width: scaled(width),
                    height: scaled(height),
                    frames,
                    ..asked.clone()
                },
                false => Request {
                    frames: frames + more * 4,
                    ..asked.clone()
                },
            };
            less.fitting(&request).is_ok()
        };
        assert!(fits(0) && !fits(1), "{width}x{height}, {frames}");
    }
    let told = less.fitting(&asked).unwrap_err().to_string();
    assert!(told.contains("there is room for "), "{told}");
    assert!(
        told.contains(&format!(" of {}x{}; weights held", smaller[0], smaller[1])),
        "{told}"
    );
}
