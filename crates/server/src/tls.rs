//! Encryption of connections, by certificates that may be renewed while the server runs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::serve::Error;

/// How often it is looked whether the files were renewed.
const LOOKED_AFTER: Duration = Duration::from_secs(60);

/// The files by which connections are encrypted.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The server's certificate and those between it and its authority, in PEM.
    pub certificate: PathBuf,
    /// The key of the first, in PEM.
    pub key: PathBuf,
}

/// Encrypts connections by files that it reads again when they change.
pub(crate) struct Encryption {
    files: Tls,
    current: Mutex<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    /// When the files were changed last.
    changed: [Option<SystemTime>; 2],
    looked: Instant,
}

impl Encryption {
    /// Reads the files.
    ///
    /// # Errors
    /// [`Error::Certificate`].
    pub fn new(files: Tls) -> Result<Self, Error> {
        let current = Current {
            changed: files.changed(),
            config: files.read()?,
            looked: Instant::now(),
        };
        Ok(Self {
            files,
            current: Mutex::new(current),
        })
    }

    /// What encrypts the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked.elapsed() >= LOOKED_AFTER {
            current.renew(&self.files);
        }
        TlsAcceptor::from(Arc::clone(&current.config))
    }
}

impl Current {
    /// Takes new files in. Those that cannot be used change nothing: they may be half written.
    fn renew(&mut self, files: &Tls) {
        self.looked = Instant::now();
        let changed = files.changed();
        if changed == self.changed {
            return;
        }
        match files.read() {
            Ok(config) => {
                tracing::info!("the certificate was renewed");
                (self.config, self.changed) = (config, changed);
            }
            Err(error) => tracing::warn!(%error, "the new certificate cannot be used yet"),
        }
    }
}

impl Tls {
    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|path| std::fs::metadata(path).ok()?.modified().ok())
    }

    fn read(&self) -> Result<Arc<ServerConfig>, Error> {
        let unusable = |path: &Path, reason: String| Error::Certificate {
            path: path.to_owned(),
            reason,
        };
        let pem =
            |path: &Path| std::fs::read(path).map_err(|error| unusable(path, error.to_string()));
        let chain: Result<Vec<CertificateDer<'static>>, _> =
            CertificateDer::pem_slice_iter(&pem(&self.certificate)?).collect();
        let chain = chain.map_err(|error| unusable(&self.certificate, error.to_string()))?;
        if chain.is_empty() {
            let reason = "there is no certificate in it".to_owned();
            return Err(unusable(&self.certificate, reason));
        }
        let key = PrivateKeyDer::from_pem_slice(&pem(&self.key)?);
        let key = key.map_err(|error| unusable(&self.key, error.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&self.certificate, error.to_string()))?;
        let config = builder.with_no_client_auth().with_single_cert(chain, key);
        let mut config = config.map_err(|error| unusable(&self.key, error.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
