//! `freehold serve`: answers other programs.

mod log;

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dialogue::Settings;
use library::{Library, Memory};
use serde_json::json;
use server::{Loading, Options, Patience, Script, Server, Tls};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::stop_on_signals;
use crate::args::serve::Serve;
use crate::console::{
    Console, Progress,
    paint::{self, styled},
};
use crate::environment;
use crate::failure::{Exit, Failure};
use crate::settings;

/// How often it is looked whether Ctrl-C was pressed, and how far models are.
const PATIENCE: Duration = Duration::from_millis(50);

/// After so many looks it is said that what has begun is being ended.
const ENDING_TOLD: u32 = 6;

/// Tokens that all answers of a model share, in contexts.
const CONTEXTS_REMEMBERED: usize = 2;

/// The name of the model that says what a file tells it to.
const SCRIPT: &str = "script";

/// Serves until it is told to stop.
pub fn run(args: &Serve, console: &mut Console) -> anyhow::Result<Exit> {
    let tls = encryption(args)?;
    log::begin(args.log, console);
    let stop = stop_on_signals()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| {
        Failure::fault("internal", format!("no threads to serve with: {error}"))
    })?;
    let data = kept(args).data;
    let library = Library::below(&data);
    let settings = match &args.config {
        Some(path) => settings::read(path, true)?,
        None => settings::read(&data.join("freehold.toml"), false)?,
    };
    let scripts = args.script.as_deref().map(script).transpose()?;
    let bytes = args.memory.map(|gib| (gib * f64::from(1 << 30)) as u64);
    let is_secure = tls.is_some() || args.behind_proxy;
    let options = Options {
        address: SocketAddr::new(args.bind, args.port),
        library: library.clone(),
        hub: environment::hub(None),
        code: Some(coder::Environment {
            data: data.clone(),
            ..environment::read()
        }),
        settings: Settings {
            weights: args.weights.0,
            context: args.context.map(|tokens| tokens as usize),
            answers: args.answers as usize,
            cache_contexts: Some(CONTEXTS_REMEMBERED),
        },
        memory: bytes.unwrap_or_else(|| Memory::read().available),
        scripts: scripts.into_iter().collect(),
        built_in: Some(crate::built_in::folder()?),
        pictures: settings.pictures(),
        private_webhooks: settings.private_webhooks(),
        films: settings.films(crate::built_in::films_folder()?),
        fleet: settings.fleet()?,
        store: kept(args),
        is_open: args.bind.is_loopback() && !is_secure && !args.accounts,
        is_behind_proxy: args.behind_proxy,
        tls,
        patience: Patience::default(),
        web: args.web.clone(),
    };
    runtime.block_on(serve(options, &args.load, &stop, console))?;
    // What still computes is given up.
    runtime.shutdown_background();
    Ok(Exit::Done)
}

async fn serve(
    options: Options,
    load: &[String],
    stop: &AtomicBool,
    console: &mut Console,
) -> anyhow::Result<()> {
    let about = About::of(&options);
    let server = Server::bind(options).await?;
    let link = server.first_link().await?;
    about.announce(server.address(), link, console)?;
    let watch = server.watch();
    let mut loads = JoinSet::new();
    for name in load {
        let (watch, name) = (watch.clone(), name.clone());
        loads.spawn(async move { watch.load(&name).await.map_err(|reason| (name, reason)) });
    }
    let (stops, stopped) = watch::channel(false);
    let mut running = std::pin::pin!(server.run(stopped));
    let mut loading = Loadings::default();
    let mut told_after = ENDING_TOLD;
    loop {
        tokio::select! {
            ended = &mut running => return Ok(ended?),
            () = tokio::time::sleep(PATIENCE) => {}
        }
        loading.show(watch.loading(), console);
        if let Some(Ok(Err((name, reason)))) = loads.try_join_next() {
            console.talk(format_args!("`{name}` is not loaded: {reason}"));
        }
        if !stop.load(Ordering::Relaxed) {
            continue;
        }
        // Whoever served may be gone.
        let _ = stops.send(true);
        told_after = told_after.saturating_sub(1);
        if told_after == 1 {
            console.talk("ending what has begun; Ctrl-C again stops at once");
        }
    }
}

/// What connections are encrypted by; an address that others reach needs that, or a proxy that does it.
fn encryption(args: &Serve) -> Result<Option<Tls>, Failure> {
    if let (Some(certificate), Some(key)) = (&args.tls_certificate, &args.tls_key) {
        let (certificate, key) = (certificate.clone(), key.clone());
        return Ok(Some(Tls { certificate, key }));
    }
    if args.bind.is_loopback() || args.behind_proxy {
        return Ok(None);
    }
    let what = format!(
        "`{}` is open to other machines, and nothing here encrypts",
        args.bind
    );
    let hint = "`--tls-certificate FILE --tls-key FILE`, or let a proxy with TLS stand before it and say \
                `--behind-proxy`; everybody signs in then";
    Err(Failure::refused("open_without_tls", what).hint(hint))
}

/// What is said of a server when it starts.
struct About {
    scheme: &'static str,
    is_open: bool,
    models: Vec<String>,
}

impl About {
    fn of(options: &Options) -> Self {
        let scripts = options.scripts.iter().map(|script| script.name.clone());
        let mut models: Vec<String> = scripts.chain(options.library.names()).collect();
        for upstream in &options.fleet.upstreams {
            models.extend(upstream.models.keys().cloned());
        }
        models.sort();
        models.dedup();
        Self {
            scheme: if options.tls.is_some() {
                "https"
            } else {
                "http"
            },
            is_open: options.is_open,
            models,
        }
    }

    /// Says where, and what to do there.
    fn announce(
        &self,
        address: SocketAddr,
        link: Option<String>,
        console: &mut Console,
    ) -> anyhow::Result<()> {
        let mut shown = address;
        if address.ip().is_unspecified() {
            // That names every machine to others, and to browsers none.
            shown.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let url = format!("{}://{shown}", self.scheme);
        if console.is_json() {
            return console.print_json(&json!({
                "url": url,
                "models": self.models,
                "sign_in": link.map(|link| url.clone() + &link),
            }));
        }
        let line = |name: &str, value: String, more: &str| match more {
            "" => format!("  {name:<8} {value}\n"),
            more => format!("  {name:<8} {value}  {}\n", styled(paint::FAINT, more)),
        };
        let mut text = format!("{}\n\n", styled(paint::STRONG, "Freehold, the AI you own"));
        text += &line("open", styled(paint::STRONG, &url), "");
        let key = match self.is_open {
            true => "as OpenAI's; any key",
            false => "as OpenAI's; `freehold key add` makes a key",
        };
        text += &line("API", format!("{url}/v1"), key);
        text += &match &self.models[..] {
            [] => {
                let add = styled(paint::TYPED, "freehold model add FOLDER");
                line("models", "none yet".to_owned(), &format!("{add} adds one"))
            }
            models => line("models", models.join(", "), ""),
        };
        if let Some(link) = link {
            text += &line("sign in", format!("{url}{link}"), "works once");
        }
        text += &format!(
            "\n{}\n",
            styled(paint::FAINT, "Ctrl-C ends what has begun and stops")
        );
        console.print(&text)
    }
}

/// Progress lines of models that are being read into memory.
#[derive(Default)]
struct Loadings {
    lines: HashMap<String, Progress>,
}

impl Loadings {
    fn show(&mut self, loading: Vec<Loading>, console: &Console) {
        self.lines
            .retain(|name, _| loading.iter().any(|loading| loading.name == *name));
        // One at a time: there is one line.
        if let Some(loading) = loading.into_iter().next() {
            let line = self.lines.entry(loading.name).or_insert_with_key(|name| {
                Progress::of_bytes(console, format!("reading {name}"), loading.bytes)
            });
            line.set((loading.fraction * loading.bytes as f64) as u64);
        }
    }
}

/// Where things are kept.
fn kept(args: &Serve) -> store::Options {
    let data = args
        .data
        .clone()
        .unwrap_or_else(|| environment::read().data);
    let usual = store::Options::new(data);
    store::Options {
        url: args.database.clone().unwrap_or(usual.url.clone()),
        ..usual
    }
}

fn script(path: &Path) -> Result<Script, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    let script = serde_json::from_str(&text).map_err(|error| {
        let what = format!("`{}` is no script: {error}", path.display());
        Failure::refused("usage", what).hint(
            "`{\"lines\": [{\"when\": \"hello\", \"text\": \"Hello, too.\"}], \"pace_ms\": 20}`",
        )
    })?;
    Ok(Script {
        name: SCRIPT.to_owned(),
        script,
    })
}
