//! The story of a run: take the volume, clear what an earlier run left, start, wait, stop.

use std::{
    future::pending,
    io::{self, Write},
    os::unix::net::UnixStream,
    path::Path,
    sync::Arc,
    time::Duration,
};

use nix::sys::stat::{Mode, umask};
use ocweb_backup::Volume;
use ocweb_service::{ConfigError, Listener, ServeError, config::Folders, metrics::Requests, serve_until};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    agent_shell,
    api::{self, Board, Row},
    backups::Backups,
    certificate::Copies,
    children::Children,
    doorway::Doorway,
    installation::Installation,
    leftovers::Instance,
    log::{self, Keeper},
    log_file::{self, LogFile},
    ownership::{self, Folder},
    process::{Order, Process, Status},
    run_folder::{self, Lock, LockError},
    settings::{PortError, Settings},
    state::State,
    table::{CADDY, ProcessSpec, Stage, table},
    users::{Choice, User, Users},
};

/// Our name on our socket.
pub(crate) const NAME: &str = "supervisor";

/// How long the orderly part of a stop may take. What is left then is ended by force, within 5 s in all.
const ORDERLY_STOP: Duration = Duration::from_secs(4);

/// How long processes outside the table may take to end when asked, at a stop and before a start.
const LEFTOVERS_GRACE: Duration = Duration::from_millis(300);

/// How long our own open answers may take at the very end.
const LAST_ANSWERS: Duration = Duration::from_millis(100);

/// How long a start may take before it is said what it waits for.
const QUIET_START: Duration = Duration::from_secs(2);

/// Pause before looking again whether all is well.
const AGAIN: Duration = Duration::from_millis(50);

/// The supervisor could not begin, or could not stop.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nothing can be listened on.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Another supervisor has the volume.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A restoration has it, or left it half done.
    #[error(transparent)]
    Restoring(#[from] ocweb_backup::Error),
    /// The socket cannot be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The system refused something that supervising needs.
    #[error("the system does not let ocweb supervise processes")]
    System(#[from] io::Error),
    /// Some processes did not even end by force.
    #[error("{0} processes of this instance could not be ended")]
    Left(usize),
}

/// Whether the settings can be used, as far as that is known before anything is made or started. Where they can, but the agent
/// would be root, it is told why.
pub fn check(settings: &Settings) -> Result<Option<String>, ConfigError> {
    Backups::of(settings)?;
    Ok(Users::choose(settings)?.agent_is_root)
}

/// Runs everything until TERM, INT or HUP, and answers when nothing of it is left. A second signal
/// ends everything by force.
///
/// To be called once in a process, on a current-thread runtime: the kernel ties the children's lives
/// to the thread that started them.
pub async fn run(settings: Settings) -> Result<(), RunError> {
    let mut signals = StopSignals::new()?;
    let backups = Backups::of(&settings)?;
    let Folders { run, .. } = &settings.folders;
    run_folder::prepare(run)?;
    let may_start = Volume::may_start(&settings.folders.data)?;
    let lock = Lock::acquire(&settings.folders.own(NAME), run)?;
    drop(may_start);
    if log_file::is_kept_by_the_journal(&settings.environment) {
        log::keep_in(Keeper::Journal);
    } else {
        match LogFile::open(&settings.folders.own(NAME)) {
            Ok(file) => log::keep_in(Keeper::File(file)),
            Err(error) => tracing::warn!(%error, "the log is not kept on the volume"),
        }
    }
    if is_live(run) {
        return Err(ServeError::InUse { path: settings.folders.socket(NAME) }.into());
    }
    let previous_run = lock.previous_run.clone().filter(|run| !is_live(run));
    let instance = Instance::of([run.clone()].into_iter().chain(previous_run));
    clear_leftovers(&instance, &settings.folders).await;
    let Choice { users, agent_is_root } = Users::choose(&settings)?;
    if let Some(obstacle) = &agent_is_root {
        tracing::warn!(
            obstacle,
            "the agent runs as root and can read all that ocweb knows; it would be a user of its own if that could reach \
             everything"
        );
    }
    settings.check_ports()?;
    let _doorway = Doorway::hold(&settings.edge, users.of(CADDY))?;
    if users != Users::One {
        // What one user makes another may have to read; the folders say who.
        umask(Mode::from_bits_truncate(0o022));
    }
    ownership::arrange(users, &settings.folders)?;
    for (name, program) in settings.programs.services.iter().filter(|(name, _)| users.is_the_agents(name)) {
        if let Err(error) = ownership::hide_program(program) {
            tracing::warn!(name, %error, "while it starts, the agent can read what it is given");
        }
    }
    let own = settings.folders.own(NAME);
    let agent_shell = agent_shell::install(&own.join("shell"), &settings.environment);

    let children = Arc::new(Children::new(run)?);
    let reaper = children.clone();
    let _reaper = AbortOnDropHandle::new(tokio::spawn(async move { reaper.reap().await }));
    let visitors = users.visitors();
    Folder { path: run.join(NAME), visitors }.make(visitors.map(|_| User::us()))?;
    let listener = Listener::bind(&settings.folders.socket(NAME)).await?;

    let copies = Copies::make(&settings.edge, run.join(CADDY), users.of(CADDY))?;
    let passed_on = Requests::default();
    let specs = table(&settings, users, agent_shell.as_deref(), &passed_on);
    let supervisor = Supervisor::start(specs, &children);
    let board =
        supervisor.board(Installation::new(&settings, agent_is_root), settings.folders.clone(), passed_on);
    let _copies =
        supervisor.status(CADDY).map(|caddy| AbortOnDropHandle::new(tokio::spawn(copies.follow(caddy))));
    let stop_serving = CancellationToken::new();
    let server = serve_until(NAME, listener, api::router(board.clone()), stop_serving.clone());
    let server = AbortOnDropHandle::new(tokio::spawn(server));
    let _backups = backups
        .map(|backups| AbortOnDropHandle::new(tokio::spawn(backups.run(board.clone(), children.clone()))));
    let _reporter = AbortOnDropHandle::new(tokio::spawn(report_start(board, settings.edge.url())));

    signals.next().await;
    tracing::info!("stopping");
    supervisor.stop(&instance, &mut signals).await?;
    stop_serving.cancel();
    // It only has to let go of its socket; who still asks now asks nobody.
    let _ = timeout(LAST_ANSWERS, server).await;
    tracing::info!("all stopped");
    Ok(())
}

/// The signals that ask us to stop.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
    /// `None` where HUP was ignored when we were started, as by `nohup`: then closing the terminal is
    /// no reason to stop.
    hang_up: Option<Signal>,
}

impl StopSignals {
    fn new() -> io::Result<Self> {
        let hang_up = if hang_up_is_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up,
        })
    }

    async fn next(&mut self) {
        let hung_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = hung_up => {}
        }
    }
}

/// To be asked before anything handles the signal.
fn hang_up_is_ignored() -> bool {
    // The lowest bit stands for signal 1.
    procfs::process::Process::myself().and_then(|us| us.status()).is_ok_and(|status| status.sigign & 1 == 1)
}

/// True if a supervisor answers in a run folder: two volumes may be given one folder, by mistake or
/// one after the other. What carries its mark is no leftover then.
fn is_live(run: &Path) -> bool {
    UnixStream::connect(run.join(NAME).join("socket")).is_ok()
}

async fn clear_leftovers(instance: &Instance, folders: &Folders) {
    let ended = instance.end(LEFTOVERS_GRACE).await;
    if ended.found > 0 {
        tracing::warn!(found = ended.found, left = ended.left, "cleared what an earlier run had left behind");
    }
    let entries = std::fs::read_dir(&folders.run).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in entries {
        let is_ready_file = path.extension().is_some_and(|extension| extension == "ready");
        // Its service replaces it as well; this only spares the probes an answer from nobody.
        let _ = std::fs::remove_file(if is_ready_file { path } else { path.join("socket") });
    }
}

/// The processes of the table, each with the task that keeps it alive.
struct Supervisor {
    handles: Vec<Handle>,
}

struct Handle {
    name: &'static str,
    stage: Stage,
    orders: watch::Sender<Order>,
    status: watch::Receiver<Status>,
    task: JoinHandle<()>,
}

impl Supervisor {
    /// Starts engine and services side by side, and the front when each of them is settled.
    fn start(specs: Vec<ProcessSpec>, children: &Arc<Children>) -> Self {
        let (front, back): (Vec<_>, Vec<_>) = specs.into_iter().partition(|spec| spec.stage == Stage::Front);
        let mut handles: Vec<Handle> =
            back.into_iter().map(|spec| Handle::start(spec, children, None)).collect();
        let gate: Vec<_> = handles.iter().map(|handle| handle.status.clone()).collect();
        handles.extend(front.into_iter().map(|spec| Handle::start(spec, children, Some(gate.clone()))));
        Self { handles }
    }

    /// What is known of a process, from now on.
    fn status(&self, name: &str) -> Option<watch::Receiver<Status>> {
        self.handles.iter().find(|handle| handle.name == name).map(|handle| handle.status.clone())
    }

    fn board(&self, installation: Installation, folders: Folders, passed_on: Requests) -> Board {
        let row = |handle: &Handle| Row {
            name: handle.name,
            status: handle.status.clone(),
            orders: handle.orders.clone(),
        };
        Board { processes: self.handles.iter().map(row).collect(), installation, folders, passed_on }
    }

    /// Stops one stage after the other, then whatever else belongs to the instance. A second signal,
    /// or taking too long, turns this into killing everything.
    async fn stop(mut self, instance: &Instance, signals: &mut StopSignals) -> Result<(), RunError> {
        let in_order = tokio::select! {
            stopped = timeout(ORDERLY_STOP, stop_in_order(&mut self.handles)) => stopped.is_ok(),
            () = signals.next() => false,
        };
        if !in_order {
            tracing::warn!("ending everything by force: asked again, or the stop took too long");
            for handle in &self.handles {
                handle.orders.send_replace(Order::Kill);
            }
        }
        let grace = if in_order { LEFTOVERS_GRACE } else { Duration::ZERO };
        let ended = tokio::select! {
            ended = instance.end(grace) => ended,
            () = signals.next() => instance.end(Duration::ZERO).await,
        };
        if ended.left == 0 { Ok(()) } else { Err(RunError::Left(ended.left)) }
    }
}

async fn stop_in_order(handles: &mut [Handle]) {
    for stage in Stage::STOP_ORDER {
        let mut stopping: Vec<&mut Handle> =
            handles.iter_mut().filter(|handle| handle.stage == stage).collect();
        for handle in &stopping {
            handle.orders.send_replace(Order::Stop);
        }
        for handle in &mut stopping {
            // A task that panicked has nothing left to stop; its process is found by its mark.
            let _ = (&mut handle.task).await;
        }
    }
}

impl Handle {
    fn start(
        spec: ProcessSpec,
        children: &Arc<Children>,
        gate: Option<Vec<watch::Receiver<Status>>>,
    ) -> Self {
        let (name, stage) = (spec.name, spec.stage);
        let (orders, mut orders_here) = watch::channel(Order::Run);
        let (status_here, status) = watch::channel(Status::NEW);
        let children = children.clone();
        let task = tokio::spawn(async move {
            if let Some(backends) = gate {
                tokio::select! {
                    () = all_settled(backends) => {}
                    () = asked_to_end(&mut orders_here) => {
                        status_here.send_modify(|status| status.state = State::Stopped);
                        return;
                    }
                }
            }
            Process { spec, children, orders: orders_here, status: status_here }.supervise().await;
        });
        Self { name, stage, orders, status, task }
    }
}

/// What has yet to start is not restarted.
async fn asked_to_end(orders: &mut watch::Receiver<Order>) {
    let _ = orders.wait_for(|order| matches!(order, Order::Stop | Order::Kill)).await;
}

async fn all_settled(backends: Vec<watch::Receiver<Status>>) {
    for mut status in backends {
        // One whose task is gone will never be ready; there is no point in waiting for it.
        let _ = status.wait_for(|status| status.state.is_settled()).await;
    }
}

/// Says what a long start waits for, and once on standard output that all is well: scripts and people
/// wait for that line.
async fn report_start(board: Board, url: String) {
    let mut pause = QUIET_START;
    let mut processes: Vec<_> = board.processes.iter().map(|row| row.status.clone()).collect();
    loop {
        let running = async {
            for status in &mut processes {
                let _ = status.wait_for(|status| status.state == State::Running).await;
            }
        };
        match timeout(pause, running).await {
            Ok(()) if board.waiting_for().is_empty() => {
                // Nobody may be reading it.
                let _ = writeln!(io::stdout(), "ocweb is ready at {url}");
                return;
            }
            // One of them has gone again while the others came.
            Ok(()) => {
                sleep(AGAIN).await;
                continue;
            }
            Err(_) => {}
        }
        let waiting_for: Vec<_> = board
            .waiting_for()
            .iter()
            .map(|waited| format!("{} ({:?})", waited.name, waited.state))
            .collect();
        tracing::info!(waiting_for = waiting_for.join(", "), "still waiting");
        pause = (pause * 2).min(Duration::from_secs(30));
    }
}
