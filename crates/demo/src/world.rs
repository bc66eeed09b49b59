//! A running demo world.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    control::{self, Control},
    faults::Faults,
    github::{self, Rates, SeedError},
    model::{self, Completions},
    secrets::Secrets,
    settings, sharing,
};

/// How long open requests may go on after [`World::stop`].
const DRAIN: Duration = Duration::from_secs(1);

/// A world that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file or folder of the world could not be used.
    #[error("cannot use {}: {source}", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing can listen at the address.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The repositories could not be made.
    #[error(transparent)]
    Seed(#[from] SeedError),
}

/// A GitHub and a model that answer on one loopback port until [`World::stop`].
pub struct World {
    address: SocketAddr,
    secrets: Secrets,
    opencode_config: PathBuf,
    control: Control,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl World {
    /// Starts a world whose repositories, credentials and settings are kept below `root`.
    ///
    /// The first start makes the repositories; later ones find them, pushes included. With port 0
    /// the port of the last start is taken again when it is free, so that clones made from it still
    /// know where they came from.
    pub async fn start(root: &Path, listen: SocketAddr) -> Result<Self, StartError> {
        fs::create_dir_all(root).map_err(folder(root))?;
        let root = root.canonicalize().map_err(folder(root))?;
        let secrets = Secrets::load_or_make(&root).map_err(folder(&root))?;
        let repositories = root.join("repositories");
        let seeded = repositories.clone();
        tokio::task::spawn_blocking(move || github::seed(&seeded))
            .await
            .map_err(|error| StartError::Folder { path: root.clone(), source: io::Error::other(error) })??;

        let (listener, address) = bind(&root, listen).await?;
        let url = format!("http://{address}");
        let opencode_config = root.join("opencode.json");
        settings::write_opencode_config(&opencode_config, &url, &secrets)
            .map_err(folder(&opencode_config))?;

        let control = Control {
            faults: Faults::default(),
            rates: Rates::of_catalogue(),
            completions: Completions::default(),
        };
        let stop = CancellationToken::new();
        let sharing = sharing::Sharing::new(url.clone());
        let github = github::GitHub::new(
            url,
            secrets.github_token.clone(),
            repositories,
            control.rates.clone(),
            stop.clone(),
        );
        let model = model::Model::new(secrets.model_key.clone(), control.completions.clone(), stop.clone());
        let router = Router::new()
            .merge(github::router(github.clone(), &control.faults))
            .merge(model::router(model, &control.faults))
            .merge(sharing::router(sharing, &control.faults))
            .merge(control::router(control.clone(), github));
        let server = tokio::spawn(serve(listener, router, stop.clone()));
        Ok(Self { address, secrets, opencode_config, control, stop, server })
    }

    /// Where the world listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The world's origin, such as `http://127.0.0.1:4567`: what `GITHUB_URL` has to be.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token that opens the API and every repository.
    pub fn token(&self) -> &str {
        &self.secrets.github_token
    }

    /// The key that opens the model.
    pub fn model_key(&self) -> &str {
        &self.secrets.model_key
    }

    /// The variables that point the product here.
    pub fn environment(&self) -> Vec<(String, String)> {
        settings::environment(&self.url(), &self.secrets, &self.opencode_config)
    }

    /// What is to go wrong.
    pub fn faults(&self) -> &Faults {
        &self.control.faults
    }

    /// How fast each repository may be read.
    pub fn rates(&self) -> &Rates {
        &self.control.rates
    }

    /// What the model was asked.
    pub fn completions(&self) -> &Completions {
        &self.control.completions
    }

    /// Ends every answer that is under way and stops listening.
    pub async fn stop(self) {
        self.stop.cancel();
        // The server ends by itself within its time to drain; a panic in it was already reported.
        let _ = self.server.await;
    }
}

fn folder(path: &Path) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::Folder { path: path.to_owned(), source }
}

async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let asked_to_stop = stop.clone();
    let server = axum::serve(listener, router)
        .with_graceful_shutdown(async move { asked_to_stop.cancelled().await })
        .into_future();
    let drained = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        result = server => if let Err(error) = result {
            tracing::error!(%error, "the demo world went down");
        },
        () = drained => {}
    }
}

/// Binds `listen`; with port 0 the port noted by the last start is tried first.
async fn bind(root: &Path, listen: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let note = root.join("port");
    let last = fs::read_to_string(&note).ok().and_then(|text| text.trim().parse().ok());
    let again = match last {
        Some(port) if listen.port() == 0 => TcpListener::bind((listen.ip(), port)).await.ok(),
        _ => None,
    };
    let failed = |source| StartError::Listen { address: listen, source };
    let listener = match again {
        Some(listener) => listener,
        None => TcpListener::bind(listen).await.map_err(failed)?,
    };
    let address = listener.local_addr().map_err(failed)?;
    fs::write(&note, address.port().to_string()).map_err(folder(&note))?;
    Ok((listener, address))
}
