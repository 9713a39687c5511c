//! This server among those over the same database: none takes up what another is making.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use store::{Claim, Store};
use tokio::sync::watch;

use crate::app::App;
use crate::fault::Result;
use crate::ids;
use crate::leases::told;
use crate::v1::responses::{obey, settle};

/// How long a server's word that it lives holds. What it was making waits for so long when it died.
const LIVES_FOR: Duration = Duration::from_secs(10);

/// How often the word is given, and looked who gives it no more.
const EVERY: Duration = Duration::from_secs(2);

/// A server's name, and its right to serve.
#[derive(Debug)]
pub(crate) struct Presence {
    name: String,
    claim: Claim,
}

impl Presence {
    /// Claims the right to serve what is kept.
    pub fn claim(store: &Store) -> store::Result<Self> {
        Ok(Self {
            name: ids::new("server-"),
            claim: store.servers().claim()?,
        })
    }

    /// Says that it lives, where others may be there.
    pub async fn announce(&self, app: &App) -> Result<()> {
        if !self.is_alone() {
            let servers = app.store().servers();
            let announced = servers.announce(&self.name, app.timestamp(), LIVES_FOR);
            announced.await?;
        }
        Ok(())
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether no other server can be there.
    pub fn is_alone(&self) -> bool {
        self.claim.is_alone()
    }

    /// The servers that live, this one included.
    pub async fn alive(&self, app: &App) -> Result<BTreeSet<String>> {
        let mut alive = match self.is_alone() {
            true => BTreeSet::new(),
            false => app.store().servers().alive(app.timestamp()).await?,
        };
        alive.insert(self.name.clone());
        Ok(alive)
    }
}

/// Gives the word, takes up what dead servers were making and does what other servers ask, until `stop` says true.
pub(crate) async fn keep(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    if app.presence.is_alone() {
        return;
    }
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = told(&mut stop) => break,
        }
        if let Err(fault) = look(&app).await {
            tracing::warn!(
                message = fault.message,
                "other servers cannot be looked for"
            );
        }
    }
    if let Err(error) = app.store().servers().leave(app.presence.name()).await {
        // Its word runs out by itself.
        tracing::debug!(%error, "that this server ends could not be told");
    }
}

async fn look(app: &Arc<App>) -> Result<()> {
    app.presence.announce(app).await?;
    obey(app).await?;
    settle(app).await
}
