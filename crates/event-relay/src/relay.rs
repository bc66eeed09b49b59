//! The parts put together, and the work that goes on beside the requests.

use std::{
    future::Future,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use ocweb_chat_state::Event;
use ocweb_opencode_client::Client;
use ocweb_service::private_file;
use serde_json::{Value, json};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Config, SERVICE,
    continuation::{self, SettingsFile},
    files::Files,
    git_manager::GitManager,
    hub::Hub,
    instance::InstanceDisk,
    logins::Logins,
    memory::Memory,
    providers::Providers,
    transcript::Transcripts,
    upstream::Upstream,
};

/// How often looks expire.
const TICK: Duration = Duration::from_secs(1);
/// How often the volume is looked at, in ticks.
const DISK: u32 = 5;

/// Why the service could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A client for HTTP could not be made.
    #[error("cannot make an HTTP client: {0}")]
    Http(#[from] reqwest::Error),
    /// Its folder could not be made or read.
    #[error("cannot use the data folder: {0}")]
    Io(#[from] std::io::Error),
}

/// The whole service. Cheap to clone.
#[derive(Clone)]
pub struct Relay {
    pub(crate) hub: Arc<Hub>,
    pub(crate) opencode: Client,
    pub(crate) transcripts: Arc<Transcripts>,
    pub(crate) files: Arc<Files>,
    pub(crate) providers: Arc<Providers>,
    pub(crate) logins: Arc<Logins>,
    pub(crate) settings: Arc<SettingsFile>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    memory: Arc<Memory>,
}

impl Relay {
    /// Takes up what an earlier run left, and begins to follow opencode and git-manager. All work, and all
    /// streams of clients, end when `stop` is cancelled.
    pub fn start(config: &Config, stop: CancellationToken) -> Result<Self, StartError> {
        let own = config.folders.own(SERVICE);
        private_file::create_folder(&own)?;
        let (memory, mut world, spending) = Memory::open(&own)?;
        let memory = Arc::new(memory);
        let settings = Arc::new(SettingsFile::open(&own)?);
        world.continue_by_itself(settings.get().continue_by_itself);
        let data = config.folders.data.clone();
        let hub = Arc::new(Hub::new(world, spending, InstanceDisk::of(&data).map_err(std::io::Error::from)?));
        let opencode = Client::new(config.opencode_url.clone(), config.opencode_password.clone())?
            .supervised_in(&config.folders.run);
        let git_manager = GitManager::new(&config.folders.socket("git-manager"))?;
        let logins = Arc::new(Logins::new(&config.folders.socket("auth"))?);
        let upstream = Upstream {
            client: opencode.clone(),
            hub: Arc::clone(&hub),
            memory: Arc::clone(&memory),
            run_folder: config.folders.run.clone(),
            stop: stop.clone(),
        };
        let relay = Self {
            transcripts: Arc::new(Transcripts::new(opencode.clone())),
            files: Arc::new(Files::new(opencode.clone())),
            providers: Arc::new(Providers::new(opencode.clone())),
            hub: Arc::clone(&hub),
            opencode,
            logins: Arc::clone(&logins),
            settings,
            stop: stop.clone(),
            memory: Arc::clone(&memory),
            tasks: TaskTracker::new(),
        };
        relay.tasks.spawn(upstream.follow());
        relay.tasks.spawn(Arc::clone(&memory).keep(Arc::clone(&hub), stop));
        relay.until_stopped(git_manager.clone().follow(Arc::clone(&hub)));
        relay.until_stopped(continuation::keep_continuing(Arc::clone(&hub), memory, git_manager));
        relay.until_stopped(logins.keep_asking());
        relay.until_stopped(Arc::clone(&relay.providers).keep_renewing(Arc::clone(&hub)));
        relay.until_stopped(watch_time(Arc::clone(&hub), data));
        relay.until_stopped(meet_strangers(hub, relay.opencode.clone()));
        Ok(relay)
    }

    fn until_stopped(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move { stop.run_until_cancelled(work).await });
    }

    /// Waits until all work has ended, after `stop` was cancelled and the last request was answered, and stores what
    /// came of it.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        // Here and not in a task: what changes while the last task stores would be lost.
        if let Err(error) = self.memory.store(&self.hub).await {
            tracing::error!(%error, "what happened cannot be stored");
        }
    }
}

/// What changes by the clock alone.
async fn watch_time(hub: Arc<Hub>, data: PathBuf) {
    let mut interval = tokio::time::interval(TICK);
    for tick in (0..DISK).cycle() {
        interval.tick().await;
        hub.change_clients(|clients| (clients.expire(Instant::now()), ()));
        if tick == 0 {
            match InstanceDisk::of(&data) {
                Ok(disk) => hub.change(|state, now| state.set_instance(state.instance.opencode, disk, now)),
                Err(error) => tracing::error!(%error, "the volume cannot be looked at"),
            }
        }
    }
}

/// Asks for the sessions that events named and that nothing is known of: old ones that somebody took up again.
async fn meet_strangers(hub: Arc<Hub>, opencode: Client) {
    loop {
        hub.stranger_came.notified().await;
        let strangers = hub.look().take_strangers();
        for session in strangers {
            // Whoever it is, the next event of theirs asks again.
            let Ok(info) = opencode.session::<Value>(&session).await else { continue };
            let directory = info["directory"].as_str().unwrap_or_default().to_owned();
            let properties = json!({"info": info}).to_string();
            if let Some(event) = Event::read("session.updated", &properties) {
                hub.change(|state, now| state.world.apply(event, &directory, now));
            }
        }
    }
}
