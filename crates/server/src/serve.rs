//! Listens, serves, and ends in order.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use dialogue::{Embedder, Loading, Residents, Settings, Speaker};
use fleet::Fleet;
use library::{HubOptions, Library};
use policy::{Gate, Role};
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::api::{self, chats::keep_swept};
use crate::app::{App, Reach, router};
use crate::assets::Assets;
use crate::behind::Behind;
use crate::built_in::BuiltInModel;
use crate::catalogue::{Catalogue, Pictures, Scripted};
use crate::fault::Fault;
use crate::listen::{self, Patience};
use crate::presence::Presence;
use crate::tls::{Encryption, Tls};
use crate::v1::responses::settle;
use crate::v1::videos::Networks;
use crate::v1::webhooks::Webhooks;
use crate::works::Works;

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on `{address}`: {reason}\nhint: {hint}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        reason: String,
        /// What mends it.
        hint: &'static str,
    },
    /// What was kept cannot be opened.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The house cannot be opened.
    #[error(transparent)]
    Policy(#[from] policy::Error),
    /// The settings of an upstream cannot be used.
    #[error(transparent)]
    Upstream(#[from] fleet::Error),
    /// A network that is to make films cannot.
    #[error("`[films]` in `freehold.toml`: {0}")]
    Films(#[from] video::Unmade),
    /// Connections cannot be encrypted.
    #[error(
        "`{path}` cannot encrypt connections: {reason}\nhint: `--tls-certificate` takes a file of PEM with the \
             certificate and those above it, `--tls-key` one with its key"
    )]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Serving broke.
    #[error("serving broke: {reason}")]
    Broken {
        /// What the system says.
        reason: String,
    },
}

impl Error {
    /// The stable code under which `docs/errors.md` explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "cannot_listen",
            Self::Store(error) => error.code(),
            Self::Policy(error) => error.code(),
            Self::Films(_) => "unusable_settings_file",
            Self::Upstream(_) => "unusable_upstream",
            Self::Certificate { .. } => "unusable_certificate",
            Self::Broken { .. } => "serving_broke",
        }
    }
}

/// Networks that make films.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Films {
    /// The folder of the one that comes with the program, which is called `built-in` too; it is not offered when none.
    pub built_in: Option<PathBuf>,
    /// Folders of the owner's.
    pub models: Vec<PathBuf>,
    /// Files of adapters (LoRAs) that may be added to open weights.
    pub adapters: Vec<PathBuf>,
}

/// What is served, and where.
pub struct Options {
    /// Where to listen.
    pub address: SocketAddr,
    /// The owner's models.
    pub library: Library,
    /// Where models are fetched from.
    pub hub: HubOptions,
    /// What repairs of code may use of this machine; none are made without.
    pub code: Option<coder::Environment>,
    /// How models are loaded.
    pub settings: Settings,
    /// Bytes that all models together may take.
    pub memory: u64,
    /// Models that say what was written down for them.
    pub scripts: Vec<Script>,
    /// Where the files of the built-in model lie; it is not offered when none.
    pub built_in: Option<PathBuf>,
    /// Servers that run further models.
    pub fleet: fleet::Options,
    /// Which of those read pictures.
    pub pictures: Vec<Pictures>,
    /// Networks that make films.
    pub films: Films,
    /// Addresses to which webhooks may lead although they are not public.
    pub private_webhooks: Vec<IpAddr>,
    /// Where things are kept, and the folder of the data.
    pub store: store::Options,
    /// Whether those who show no key are let in as members: on a machine of one person.
    pub is_open: bool,
    /// Whether a proxy with TLS stands before it.
    pub is_behind_proxy: bool,
    /// What connections are encrypted by, where no proxy does.
    pub tls: Option<Tls>,
    /// How long clients are waited for.
    pub patience: Patience,
    /// A folder with the web app, in place of the one in the binary; read anew with each request.
    pub web: Option<PathBuf>,
}

/// A model that says what was written down for it, by name.
#[derive(Debug, Clone)]
pub struct Script {
    /// What it is called.
    pub name: String,
    /// What it says.
    pub script: dialogue::Script,
}

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    encryption: Option<Encryption>,
    app: Arc<App>,
    patience: Patience,
}

/// What goes on in a server, for whoever started it.
#[derive(Clone)]
pub struct Watch {
    app: Arc<App>,
}

impl Watch {
    /// Models that are being read into memory.
    pub fn loading(&self) -> Vec<Loading> {
        self.app.catalogue.loading()
    }

    /// Reads the model called `name` into memory, before anybody asks for it.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub async fn load(&self, name: &str) -> Result<(), String> {
        let loaded = self.app.catalogue.speaker(name).await;
        loaded.map(drop).map_err(|fault| fault.message)
    }
}

impl Server {
    /// Listens; nothing is answered until [`run`](Self::run).
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub async fn bind(options: Options) -> Result<Self> {
        let encryption = options.tls.map(Encryption::new).transpose()?;
        let address = options.address;
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|error| refused(address, &error))?;
        let address = listener
            .local_addr()
            .map_err(|error| refused(address, &error))?;
        let scripts = options.scripts.into_iter().map(|script| Scripted {
            name: script.name,
            speaker: Arc::new(Speaker::scripted(script.script)),
            embedder: Arc::new(Embedder::scripted()),
        });
        let data = options.store.data.clone();
        let kept = Store::open(&options.store).await?;
        let presence = Presence::claim(&kept)?;
        let rules = policy::Options {
            anonymous: options.is_open.then_some(Role::Member),
            ..policy::Options::new(options.store.data.clone())
        };
        let gate = Gate::open(kept, rules).await?;
        let residents = Residents::new(options.library, options.settings, options.memory);
        let fleet = Fleet::start(options.fleet)?;
        let built_in = options.built_in.map(BuiltInModel::new);
        let scripts = scripts.collect();
        let catalogue = Catalogue::new(residents, scripts, built_in, fleet, options.pictures);
        let assets = Assets::new(options.web);
        let reach = Reach {
            is_open: options.is_open,
            is_local: address.ip().is_loopback() && !options.is_behind_proxy,
            is_secure: options.is_behind_proxy || encryption.is_some(),
        };
        api::tidy(&data);
        let works = Works::new(options.hub);
        let mut app = App::new(catalogue, (gate, presence), assets, works, reach, data);
        app.code = options.code;
        app.networks = Networks::open(&options.films, &app.data, options.memory)?;
        app.webhooks = Webhooks::new(&options.private_webhooks);
        let app = Arc::new(app);
        let broken = |fault: Fault| Error::Broken {
            reason: fault.message,
        };
        app.presence.announce(&app).await.map_err(broken)?;
        settle(&app).await.map_err(broken)?;
        Ok(Self {
            listener,
            address,
            encryption,
            app,
            patience: options.patience,
        })
    }

    /// The owner's way in for the first time: a path with a token that works once.
    ///
    /// # Errors
    /// [`Error::Policy`].
    pub async fn first_link(&self) -> Result<Option<String>> {
        let token = self.app.gate.first_link().await?;
        Ok(token.map(|token| format!("/sign-in#{}", token.reveal())))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What goes on in it, while it runs.
    pub fn watch(&self) -> Watch {
        Watch {
            app: Arc::clone(&self.app),
        }
    }

    /// Serves until `stop` says true; then no more is taken, and what has begun is ended.
    ///
    /// # Errors
    /// [`Error::Broken`].
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> Result<()> {
        let behind = Behind::start(&self.app, stop.clone());
        let stopped = async move {
            // Whoever holds the other end may be gone.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let app = Arc::clone(&self.app);
        let sweeping = tokio::spawn(keep_swept(Arc::clone(&app)));
        let router = router(self.app);
        listen::serve(
            self.listener,
            self.encryption,
            router,
            self.patience,
            stopped,
        )
        .await;
        sweeping.abort();
        app.running.leave();
        behind.end().await;
        app.gate.close().await?;
        app.store().close().await;
        Ok(())
    }
}

fn refused(address: SocketAddr, error: &std::io::Error) -> Error {
    use std::io::ErrorKind;
    Error::Listen {
        address,
        reason: error.to_string(),
        hint: match error.kind() {
            ErrorKind::AddrInUse => {
                "something listens there already: another `freehold`, perhaps; `--port N` takes another"
            }
            ErrorKind::PermissionDenied => "ports below 1024 belong to the system; take one above",
            ErrorKind::AddrNotAvailable => {
                "this machine has no such address; `127.0.0.1` it always has"
            }
            _ => "try `--bind 127.0.0.1`",
        },
    }
}
