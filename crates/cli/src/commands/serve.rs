//! `freehold serve`: answers other programs.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dialogue::Settings;
use library::{Library, Memory};
use serde_json::json;
use server::{Options, Script, Server};
use tokio::sync::watch;

use super::stop_on_signals;
use crate::args::serve::Serve;
use crate::console::{
    Console,
    paint::{self, styled},
};
use crate::environment;
use crate::failure::{Exit, Failure};
use crate::settings;

/// How often Ctrl-C is looked for.
const PATIENCE: Duration = Duration::from_millis(50);

/// Tokens that all answers of a model share, in contexts.
const CONTEXTS_REMEMBERED: usize = 2;

/// The name of the model that says what a file tells it to.
const SCRIPT: &str = "script";

/// Serves until it is told to stop.
pub fn run(args: &Serve, console: &mut Console) -> anyhow::Result<Exit> {
    if !args.bind.is_loopback() && !args.behind_proxy {
        let what = format!(
            "`{}` is open to other machines, and nothing here encrypts",
            args.bind
        );
        let hint = "let a proxy with TLS stand before it, and say `--behind-proxy`: then everybody signs in";
        return Err(Failure::refused("open_without_tls", what).hint(hint).into());
    }
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
    let options = Options {
        address: SocketAddr::new(args.bind, args.port),
        library: library.clone(),
        settings: Settings {
            weights: args.weights.0,
            context: args.context.map(|tokens| tokens as usize),
            answers: args.answers as usize,
            cache_contexts: Some(CONTEXTS_REMEMBERED),
        },
        memory: bytes.unwrap_or_else(|| Memory::read().available),
        scripts: scripts.into_iter().collect(),
        fleet: settings.fleet()?,
        store: kept(args),
        is_open: args.bind.is_loopback() && !args.behind_proxy && !args.accounts,
        is_behind_proxy: args.behind_proxy,
    };
    let models = library.names();
    runtime.block_on(async {
        let server = Server::bind(options).await?;
        let link = server.first_link().await?;
        announce(server.address(), &models, link, console)?;
        let (stops, stopped) = watch::channel(false);
        tokio::spawn(watch_signals(stop, stops));
        server.run(stopped).await?;
        anyhow::Ok(())
    })?;
    // What still computes is given up.
    runtime.shutdown_background();
    Ok(Exit::Done)
}

/// Says where, and what to do there.
fn announce(
    address: SocketAddr,
    models: &[String],
    link: Option<String>,
    console: &mut Console,
) -> anyhow::Result<()> {
    let url = format!("http://{address}");
    if console.is_json() {
        return console.print_json(&json!({ "url": url, "models": models, "sign_in": link.map(|link| url.clone() + &link) }));
    }
    let mut text = format!("{}\n", styled(paint::STRONG, &url));
    text += &match models {
        [] => format!(
            "no model yet: {} adds one you have\n",
            styled(paint::TYPED, "freehold model add FOLDER")
        ),
        models => format!("models: {}\n", models.join(", ")),
    };
    text += &format!("API: {url}/v1  (OpenAI's; any key)\n");
    if let Some(link) = link {
        text += &format!("sign in, once: {url}{link}\n");
    }
    console.print(&text)
}

async fn watch_signals(stop: Arc<AtomicBool>, stops: watch::Sender<bool>) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(PATIENCE).await;
    }
    // Whoever served may be gone.
    let _ = stops.send(true);
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
