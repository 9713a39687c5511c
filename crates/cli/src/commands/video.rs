//! `freehold video` and `freehold media`: films of what is said, and where films came from.

mod maker;
mod thumbnail;
mod verify;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Context as _;
use media::Picture;
use media::sound::Track;
use serde_json::{Value, json};
use video::open_weights::Usual;
use video::{
    Brought, BroughtFile, Format, Guide, KeptShot, Maker, Order, Pictures, SCENE_MODEL, Settings,
    Soundtrack, Studio, Unmade,
};

use super::stop_on_signals;
use crate::args::video::{
    Codec, Made, Media, Video, VideoCreate, VideoExtend, VideoList, VideoRemix, VideoShow,
    VideoStoryboard,
};
use crate::console::{Console, Progress, duration, paint};
use crate::environment;
use crate::failure::{Exit, Failure};
use library::quantity;

/// Bytes of a storyboard.
const STORYBOARD_BYTES_MAX: u64 = 1 << 20;

/// Seconds from which on it is said how long a film takes.
const WORTH_SAYING: f64 = 10.0;

/// Letters of a name that is made of words.
const NAME_MAX: usize = 48;

/// Does what was asked for.
pub fn run(command: &Video, console: &mut Console) -> anyhow::Result<Exit> {
    match command {
        Video::Create(args) => create(args, console),
        Video::Extend(args) => extend(args, console),
        Video::Remix(args) => remix(args, console),
        Video::Storyboard(args) => storyboard(args, console),
        Video::List(args) => list(args, console),
        Video::Show(args) => show(args, console),
    }
}

/// `freehold media …`
pub fn media(command: &Media, console: &mut Console) -> anyhow::Result<Exit> {
    match command {
        Media::Verify(args) => verify::run(args, console),
    }
}

fn create(args: &VideoCreate, console: &mut Console) -> anyhow::Result<Exit> {
    let mut maker = maker::of(&args.made)?;
    let size = match &args.size {
        Some(size) => size.parse()?,
        None => maker.size(),
    };
    let order = Order {
        frames_per_second: args.fps.unwrap_or(maker.frames_per_second()),
        seed: args.seed.unwrap_or_else(chance),
        is_loop: args.is_loop,
        ..Order::new(args.prompt.clone(), args.seconds, size)
    };
    make(&order, (&mut maker, None), &args.made, console)
}

fn remix(args: &VideoRemix, console: &mut Console) -> anyhow::Result<Exit> {
    let before = settings_of(&args.file)?;
    make_from(
        &before,
        &before.remixed(&args.prompt),
        &args.file,
        &args.made,
        console,
    )
}

fn extend(args: &VideoExtend, console: &mut Console) -> anyhow::Result<Exit> {
    let prompt = args.prompt.as_deref().unwrap_or_default();
    let before = settings_of(&args.file)?;
    let settings = before.extended(prompt, args.seconds)?;
    make_from(&before, &settings, &args.file, &args.made, console)
}

fn storyboard(args: &VideoStoryboard, console: &mut Console) -> anyhow::Result<Exit> {
    let mut maker = maker::of(&args.made)?;
    let order = read_storyboard(&args.file, &maker)?;
    let made = Made {
        output: args.made.output.clone().or_else(|| {
            let name = args.file.file_stem()?;
            Some(PathBuf::from(name).with_extension("mp4"))
        }),
        ..args.made.clone()
    };
    make(&order, (&mut maker, None), &made, console)
}

/// Makes a film as another was made `before`, but for what `settings` say.
fn make_from(
    before: &Settings,
    settings: &Settings,
    file: &Path,
    made: &Made,
    console: &mut Console,
) -> anyhow::Result<Exit> {
    let mut maker = maker::of_film(made, &settings.model)?;
    if settings.model != maker.name() {
        let what = format!("`{}` was made by `{}`", file.display(), settings.model);
        let hint = match settings.model == SCENE_MODEL {
            true => "leave `--model` out",
            false => "`--model` names the folder of the network that made it",
        };
        return Err(Failure::refused("film_refused", what).hint(hint).into());
    }
    if before.sound == Soundtrack::Brought && made.sound.is_none() && !made.silent {
        let note = paint::styled(paint::WARN, "note:");
        console.talk(format_args!(
            "{note} the track of `{}` is left out; `--sound` brings it again",
            file.display()
        ));
    }
    if !before.adapters.is_empty() && made.adapters.is_empty() {
        let names: Vec<&str> = before
            .adapters
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        let note = paint::styled(paint::WARN, "note:");
        console.talk(format_args!(
            "{note} what `{}` was made with is left out: {}; `--adapter` adds it again",
            file.display(),
            names.join(", ")
        ));
    }
    // As many steps as before, unless others are asked for.
    let made = Made {
        steps: made.steps.or(settings.steps.map(|steps| steps.count)),
        guidance: made.guidance.or(settings.steps.map(|steps| steps.guidance)),
        ..made.clone()
    };
    make(&settings.order()?, (&mut maker, Some(file)), &made, console)
}

/// What a storyboard holds.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Storyboard {
    size: Option<String>,
    fps: Option<u32>,
    seed: Option<u64>,
    #[serde(default, rename = "loop")]
    is_loop: bool,
    #[serde(rename = "shot")]
    shots: Vec<KeptShot>,
}

fn read_storyboard(path: &Path, maker: &Maker) -> anyhow::Result<Order> {
    let bytes = std::fs::metadata(path)
        .map_err(|error| Failure::unreadable(path, &error))?
        .len();
    if bytes > STORYBOARD_BYTES_MAX {
        let what = format!(
            "`{}` has {}, and a storyboard has 1 MiB at most",
            path.display(),
            quantity::bytes(bytes)
        );
        return Err(Failure::refused("storyboard_invalid", what).into());
    }
    let text = std::fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    let board: Storyboard = toml::from_str(&text).map_err(|error| {
        Failure::refused(
            "storyboard_invalid",
            format!("`{}` is no storyboard: {error}", path.display()),
        )
        .hint("`freehold video storyboard --help` shows one")
    })?;
    let settings = Settings {
        model: SCENE_MODEL.to_owned(),
        shots: board.shots,
        size: board.size.unwrap_or_else(|| maker.size().to_string()),
        fps: board.fps.unwrap_or(maker.frames_per_second()),
        seed: board.seed.unwrap_or_else(chance),
        is_loop: board.is_loop,
        sound: Soundtrack::Made,
        negative: String::new(),
        has_label: false,
        steps: None,
        adapters: Vec::new(),
    };
    Ok(settings.order()?)
}

/// A seed that nobody chose, short enough to be typed.
fn chance() -> u64 {
    environment::any_number() % 1_000_000
}

/// Makes a film, perhaps from another film, and puts it where it belongs.
fn make(
    order: &Order,
    (maker, parent): (&mut Maker, Option<&Path>),
    made: &Made,
    console: &mut Console,
) -> anyhow::Result<Exit> {
    let order = &Order {
        sound: match (&made.sound, made.silent) {
            (Some(_), _) => Soundtrack::Brought,
            (None, true) => Soundtrack::Silent,
            (None, false) => order.sound,
        },
        negative: made.negative.clone().unwrap_or(order.negative.clone()),
        has_label: made.label || order.has_label,
        ..order.clone()
    };
    let guide = Guide {
        first: made.first.as_deref().map(picture).transpose()?,
        last: made.last.as_deref().map(picture).transpose()?,
    };
    let stop = stop_on_signals()?;
    let progress: Mutex<Option<Progress>> = Mutex::default();
    if let Maker::OpenWeights(_, usual) = &*maker {
        tell_terms(usual, console);
    }
    let how = (maker::steps(maker, made), guide);
    let told = |done: u64, _: u64, _: &dyn Fn() -> Option<Picture>| set(&progress, done);
    let pictures = maker.pictures(order, how, (&stop, &told))?;
    let shown = match pictures.steps() {
        None => Progress::of_pictures(console, "drawing", pictures.frames()),
        Some(steps) => Progress::of_steps(console, "generating", steps),
    };
    *progress.lock().expect("nobody panics with it") = Some(shown);
    let seconds = pictures.seconds_to_make();
    if seconds >= WORTH_SAYING {
        console.talk(format_args!(
            "takes about {} on this machine",
            duration(seconds as u64)
        ));
    }
    film(&*pictures, parent, made, (&stop, &progress), console)
}

/// On what terms weights are used.
fn tell_terms(usual: &Usual, console: &mut Console) {
    let name = &usual.name;
    let Some(release) = usual.release else {
        let note = paint::styled(paint::WARN, "note:");
        console.talk(format_args!(
            "{note} the terms of `{name}` are not known here; its publisher says them"
        ));
        return;
    };
    let territory = match release.territory {
        "" => String::new(),
        places => format!(", {places}"),
    };
    let (repository, licence) = (release.repository, release.licence);
    console.talk(format_args!(
        "weights of {repository} ({licence}{territory})"
    ));
}

/// Says how far it is, where that is shown.
fn set(progress: &Mutex<Option<Progress>>, done: u64) {
    if let Some(progress) = &mut *progress.lock().expect("nobody panics with it") {
        progress.set(done);
    }
}

/// Makes a film and puts it where it belongs.
fn film(
    plan: &dyn Pictures,
    parent: Option<&Path>,
    made: &Made,
    (stop, progress): (&AtomicBool, &Mutex<Option<Progress>>),
    console: &mut Console,
) -> anyhow::Result<Exit> {
    let order = plan.order();
    let path = match &made.output {
        Some(path) => path.clone(),
        None => free_name(&order.shots[0].prompt),
    };
    let format = format_of(&path, made.codec)?;
    if !made.force && path.exists() {
        let what = format!("`{}` is there already", path.display());
        return Err(Failure::refused("file_exists", what)
            .hint("`--force` writes over it")
            .into());
    }
    if !plan.unknown().is_empty() {
        let note = paint::styled(paint::WARN, "note:");
        let words = video::world::listed(plan.unknown());
        console.talk(format_args!(
            "{note} I do not know {words}, and leave that out"
        ));
    }
    let began = Instant::now();
    let studio = studio()?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let is_drawn = plan.steps().is_none();
    let middle = plan.frames() / 2;
    let mut thumbnail = None;
    let brought = Brought {
        parent: parent.map(File::open).transpose().map_err(Unmade::File)?,
        track: made.sound.as_deref().map(track).transpose()?,
        pictures: [&made.first, &made.last]
            .into_iter()
            .flatten()
            .map(|path| named(path))
            .collect::<anyhow::Result<_>>()?,
    };
    let film = studio.film(
        plan,
        format,
        folder,
        brought,
        environment::seconds_since_1970(),
        &mut |frame, picture| {
            if is_drawn {
                set(progress, frame + 1);
            }
            if frame == middle {
                thumbnail = Some(thumbnail::lines(picture));
            }
            !stop.load(Ordering::Relaxed)
        },
    );
    drop(progress.lock().expect("nobody panics with it").take());
    // What the network itself made wrong would be wrong again.
    let is_cut = matches!(
        film,
        Err(Unmade::Stopped | Unmade::File(_) | Unmade::Media(_))
    );
    if is_cut && plan.goes_on() {
        let seed = order.seed;
        console.talk(format_args!(
            "the same command with `--seed {seed}` goes on from its last step"
        ));
    }
    let mut film = film.context(format!("`{}` was not written", path.display()))?;
    video::place(&mut film, &path, made.force)
        .map_err(Unmade::File)
        .context(format!("`{}` was not written", path.display()))?;
    plan.placed();
    tell(plan, &path, film, (began, thumbnail), console)
}

/// A file that was brought, with its name.
fn named(path: &Path) -> anyhow::Result<BroughtFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(BroughtFile::new(opened(path)?, name))
}

/// A file to read from; whatever else has a name, a pipe for one, might never begin or end.
fn opened(path: &Path) -> anyhow::Result<File> {
    let unreadable = |error: std::io::Error| Failure::unreadable(path, &error);
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(unreadable(std::io::Error::other("it is no file")).into());
    }
    Ok(File::open(path).map_err(unreadable)?)
}

/// A picture that was brought.
fn picture(path: &Path) -> anyhow::Result<Picture> {
    let read = media::still::read_from(named(path)?.into_file());
    Ok(read.map_err(|error| {
        let what = format!("`{}` cannot be looked at: {error}", path.display());
        Failure::refused("picture_refused", what).hint("GIF, JPEG, PNG and WebP are read")
    })?)
}

/// The sound of a file that was brought.
fn track(path: &Path) -> anyhow::Result<BroughtFile> {
    let brought = named(path)?;
    if let Err(error) = brought.open().and_then(Track::open) {
        let what = format!("`{}` cannot be heard: {error}", path.display());
        return Err(Failure::refused("sound_refused", what)
            .hint("WAV, FLAC, MP3, Ogg Vorbis, Opus and M4A are read; `ffmpeg -i FILE track.wav` turns others into one")
            .into());
    }
    Ok(brought)
}

fn tell(
    plan: &dyn Pictures,
    path: &Path,
    film: File,
    (began, thumbnail): (Instant, Option<String>),
    console: &mut Console,
) -> anyhow::Result<Exit> {
    let order = plan.order();
    let bytes = film.metadata()?.len();
    if console.is_json() {
        console.print_json(&json!({
            "path": path,
            "bytes": bytes,
            "frames": plan.frames(),
            "seconds": order.seconds(),
            "size": order.size.to_string(),
            "fps": order.frames_per_second,
            "seed": order.seed,
            "sound": order.sound,
            "model": plan.settings().model,
            "unknown_words": plan.unknown(),
        }))?;
        return Ok(Exit::Done);
    }
    if let Some(lines) = thumbnail.filter(|_| console.has_reader() && console.has_colour()) {
        console.print_plain(&lines)?;
    }
    console.print(&format!("{}\n", path.display()))?;
    let seconds = began.elapsed().as_secs_f64();
    let settings = plan.settings();
    let how = match settings.steps {
        None => format!("drawn in {seconds:.1} s, not generated"),
        Some(_) => format!("generated in {seconds:.1} s by {}", settings.model),
    };
    console.talk(format_args!(
        "{} at {} pictures a second, {} s, {}, seed {} · {how}",
        order.size,
        order.frames_per_second,
        order.seconds(),
        quantity::bytes(bytes),
        order.seed,
    ));
    Ok(Exit::Done)
}

/// A name after the words that no file has yet.
fn free_name(prompt: &str) -> PathBuf {
    let mut name = String::new();
    for sign in prompt.chars().flat_map(char::to_lowercase) {
        match sign {
            sign if sign.is_alphanumeric() => name.push(sign),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
        if name.chars().count() >= NAME_MAX {
            break;
        }
    }
    let name = match name.trim_end_matches('-') {
        "" => "film",
        name => name,
    };
    let numbered = (2_u32..).map(|number| format!("{name}-{number}.mp4"));
    let mut names = std::iter::once(format!("{name}.mp4"))
        .chain(numbered)
        .map(PathBuf::from);
    names
        .find(|path| !path.exists())
        .expect("there are names enough")
}

fn format_of(path: &Path, codec: Codec) -> anyhow::Result<Format> {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    let format = Format::of_ending(ending).ok_or_else(|| {
        let what = format!(
            "`{}` does not say what kind of film it is to be",
            path.display()
        );
        Failure::refused("film_format_unknown", what).hint("it ends in `.mp4`, `.gif` or `.png`")
    })?;
    match (codec, format) {
        (Codec::H264, _) => Ok(format),
        (Codec::Av1, Format::Mp4) => Ok(Format::Av1),
        (Codec::Av1, _) => {
            let what = format!("`{}` holds no AV1", path.display());
            let hint = "the name of a film in AV1 ends in `.mp4`";
            Err(Failure::refused("film_format_unknown", what)
                .hint(hint)
                .into())
        }
    }
}

fn list(args: &VideoList, console: &mut Console) -> anyhow::Result<Exit> {
    let entries =
        std::fs::read_dir(&args.dir).map_err(|error| Failure::unreadable(&args.dir, &error))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let films = paths
        .into_iter()
        .filter_map(|path| Some((settings_of(&path).ok()?, path)));
    let films: Vec<(Settings, PathBuf)> = films.collect();
    if console.is_json() {
        let films = films
            .iter()
            .map(|(settings, path)| described(settings, path));
        console.print_json(&Value::Array(films.collect()))?;
        return Ok(Exit::Done);
    }
    if films.is_empty() {
        console.talk(format_args!(
            "no film in `{}` says that Freehold made it",
            args.dir.display()
        ));
        return Ok(Exit::Refused);
    }
    for (settings, path) in &films {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        console.print(&format!(
            "{}  {}\n",
            paint::styled(paint::STRONG, name),
            line(settings)
        ))?;
    }
    Ok(Exit::Done)
}

/// Adapters of whoever made a film.
fn with(settings: &Settings) -> String {
    let adapters = settings.adapters.iter();
    adapters
        .map(|adapter| format!(" with {} ({})", adapter.name, adapter.scale))
        .collect()
}

/// A film in a line.
fn line(settings: &Settings) -> String {
    let looped = if settings.is_loop { ", loop" } else { "" };
    let words = settings.words().replace('\n', " | ");
    let (size, seconds, seed) = (&settings.size, settings.seconds(), settings.seed);
    format!("{size} {seconds} s{looped}, seed {seed}: {words}")
}

fn show(args: &VideoShow, console: &mut Console) -> anyhow::Result<Exit> {
    let settings = settings_of(&args.file)?;
    if console.is_json() {
        console.print_json(&described(&settings, &args.file))?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for shot in &settings.shots {
        text += &format!("{:>6} s  {}\n", shot.seconds, shot.prompt);
    }
    let looped = if settings.is_loop { ", as a loop" } else { "" };
    let heard = match settings.sound {
        Soundtrack::Made => "",
        Soundtrack::Silent => ", silent",
        Soundtrack::Brought => ", with a track of its own",
    };
    text += &format!(
        "{} at {} pictures a second{looped}{heard}, seed {}, by {}{}\n",
        settings.size,
        settings.fps,
        settings.seed,
        settings.model,
        with(&settings)
    );
    console.print(&text)?;
    Ok(Exit::Done)
}

fn described(settings: &Settings, path: &Path) -> Value {
    let mut described = serde_json::to_value(settings).expect("settings are JSON");
    described["path"] = json!(path);
    described
}

/// How a film says that it was made.
fn settings_of(path: &Path) -> anyhow::Result<Settings> {
    let settings = video::settings_in(opened(path)?, environment::seconds_since_1970()).map_err(
        |unknown| {
            Failure::refused("film_unknown", format!("`{}` {unknown}", path.display()))
                .hint("films that Freehold made can be shown, extended and made again")
        },
    )?;
    Ok(settings)
}

/// Who signs here. The key is made when it is first needed.
fn studio() -> anyhow::Result<Studio> {
    let data = environment::read().data;
    Ok(Studio::open(
        &data,
        environment::seconds_since_1970(),
        env!("CARGO_PKG_VERSION"),
    )?)
}
