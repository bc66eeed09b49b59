//! One task for each supervised process: it carries out what the process's [`Machine`] decides.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus, sync::Arc, time::Instant};

use nix::sys::signal::Signal;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::{sync::watch, time::sleep};
use utoipa::ToSchema;

use crate::{
    backoff,
    children::{Child, Children},
    probe::{Answer, Probe},
    state::{Action, Event, Machine, Rhythm, State},
    table::ProcessSpec,
};

/// What the supervisor wants of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// To be kept alive.
    Run,
    /// To end by itself, in its grace, and to be started anew.
    Restart,
    /// To end by itself, in its grace.
    Stop,
    /// To be gone now.
    Kill,
}

/// What is known of a process now.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) state: State,
    pub(crate) pid: Option<i32>,
    pub(crate) restarts: u64,
    pub(crate) started_at: Option<OffsetDateTime>,
    pub(crate) last_exit: Option<LastExit>,
    pub(crate) next_start_at: Option<OffsetDateTime>,
    /// The version that it told when it became ready.
    pub(crate) version: Option<String>,
}

impl Status {
    pub(crate) const NEW: Self = Self {
        state: State::Starting,
        pid: None,
        restarts: 0,
        started_at: None,
        last_exit: None,
        next_start_at: None,
        version: None,
    };
}

/// How a process ended the last time.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LastExit {
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
    /// Its exit code, unless a signal ended it or it could not be started.
    pub(crate) code: Option<i32>,
    /// Number of the signal that ended it.
    pub(crate) signal: Option<i32>,
    /// What happened, in words.
    pub(crate) message: String,
}

/// A process and the task's ends of its channels.
pub(crate) struct Process {
    pub(crate) spec: ProcessSpec,
    pub(crate) children: Arc<Children>,
    pub(crate) orders: watch::Receiver<Order>,
    pub(crate) status: watch::Sender<Status>,
}

impl Process {
    /// Keeps the process alive until it is ordered to stop and has stopped.
    pub(crate) async fn supervise(mut self) {
        let mut machine = Machine::new(self.spec.start_limit);
        let mut child: Option<Child> = None;
        let mut alarm: Option<Instant> = None;
        let mut last_miss: Option<String> = None;
        // Why it is being killed; after that nothing it shows matters.
        let mut verdict: Option<String> = None;
        let mut event = Event::Alarm;
        loop {
            let before = machine.state();
            let action = machine.on(event, Instant::now());
            self.publish(before, machine.state());
            match action {
                Some(Action::Start) => {
                    alarm = None;
                    last_miss = None;
                    verdict = None;
                    child = self.start();
                    event = if child.is_some() { Event::Started } else { Event::Ended };
                    continue;
                }
                Some(Action::StartAfter(pause)) => {
                    let pause = backoff::jittered(pause);
                    alarm = Some(Instant::now() + pause);
                    self.status.send_modify(|status| {
                        status.next_start_at = Some(OffsetDateTime::now_utc() + pause);
                    });
                }
                Some(Action::Terminate) => {
                    alarm = Some(Instant::now() + self.spec.stop_grace);
                    child.iter().for_each(Child::terminate);
                }
                Some(Action::Kill) => {
                    alarm = None;
                    verdict = last_miss.take().filter(|_| !machine.is_asked_to_end());
                    child.iter().for_each(Child::kill);
                }
                Some(Action::Finish) => return,
                None => {}
            }
            let is_watched = verdict.is_none() && !machine.is_asked_to_end();
            let watched = child.as_ref().map(|child| child.pid).filter(|_| is_watched);
            let rhythm = machine.rhythm(Instant::now());
            event = tokio::select! {
                status = ended(&mut child) => {
                    if let Some(child) = child.take() {
                        self.note_end(child, status, machine.is_asked_to_end(), verdict.take()).await;
                    }
                    Event::Ended
                }
                order = next_order(&mut self.orders) => match order {
                    Order::Kill => Event::KillAsked,
                    Order::Restart => Event::RestartAsked,
                    Order::Stop | Order::Run => Event::StopAsked,
                },
                seen = look(&self.spec.probe, watched, rhythm) => match seen {
                    Seen::Answer(answer) => {
                        self.note_version(answer);
                        Event::Answered
                    }
                    Seen::Miss { reason, busy } => {
                        last_miss = Some(reason);
                        Event::Missed { busy }
                    }
                },
                () = ring(alarm) => {
                    alarm = None;
                    Event::Alarm
                }
            };
        }
    }

    fn start(&self) -> Option<Child> {
        let name = self.spec.name;
        let first = self.status.borrow().started_at.is_none() && self.status.borrow().last_exit.is_none();
        let started = self.children.start(&self.spec);
        self.status.send_modify(|status| {
            status.next_start_at = None;
            status.restarts += u64::from(!first);
            match &started {
                Ok(child) => {
                    status.pid = Some(child.pid);
                    status.started_at = Some(OffsetDateTime::now_utc());
                }
                Err(error) => {
                    let message = format!("it could not be started: {error}");
                    let at = OffsetDateTime::now_utc();
                    status.last_exit = Some(LastExit { at, code: None, signal: None, message });
                }
            }
        });
        match started {
            Ok(child) => {
                tracing::info!(name, pid = child.pid, "started");
                Some(child)
            }
            Err(error) => {
                tracing::error!(name, program = %self.spec.program.display(), %error, "cannot be started");
                None
            }
        }
    }

    /// Writes down how the child ended: whether it was asked to, and why if we killed it for hanging.
    async fn note_end(&self, child: Child, exit: ExitStatus, asked: bool, verdict: Option<String>) {
        let pid = child.pid;
        let words = child.output.last_words().await;
        let message = match verdict {
            Some(miss) => format!("it was killed because it hung: {miss}"),
            None if asked => describe(exit, None),
            None => describe(exit, words),
        };
        if asked {
            tracing::info!(name = self.spec.name, pid, "stopped");
        } else {
            tracing::warn!(name = self.spec.name, pid, how = message, "died");
        }
        self.status.send_modify(|status| {
            status.pid = None;
            let at = OffsetDateTime::now_utc();
            status.last_exit = Some(LastExit { at, code: exit.code(), signal: exit.signal(), message });
        });
    }

    fn note_version(&self, answer: Answer) {
        self.status.send_if_modified(|status| {
            let news = status.version != answer.version;
            status.version = answer.version;
            news
        });
    }

    fn publish(&self, before: State, now: State) {
        if before == now {
            return;
        }
        let name = self.spec.name;
        match now {
            State::Running => tracing::info!(name, "ready"),
            State::Unresponsive => tracing::warn!(name, "does not answer"),
            State::Failed => tracing::error!(name, "failed; it is tried again from time to time"),
            State::Starting | State::Restarting | State::Stopping | State::Stopped => {}
        }
        self.mark_ready(now);
        self.status.send_modify(|status| status.state = now);
    }

    /// One that does not answer for a moment is only slow: what is sent to it then waits.
    fn mark_ready(&self, now: State) {
        let Some(file) = &self.spec.ready_file else { return };
        let done = match now {
            State::Running => std::fs::write(file, ""),
            State::Unresponsive => Ok(()),
            State::Starting | State::Restarting | State::Failed | State::Stopping | State::Stopped => {
                match std::fs::remove_file(file) {
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
                    done => done,
                }
            }
        };
        if let Err(error) = done {
            tracing::error!(file = %file.display(), %error, "cannot say whether it is ready");
        }
    }
}

/// What a look at a running process showed.
enum Seen {
    Answer(Answer),
    Miss { reason: String, busy: bool },
}

/// Probes a process once, when the time for it has come; without a process, never.
async fn look(probe: &Probe, pid: Option<i32>, rhythm: Rhythm) -> Seen {
    let Some(pid) = pid else { return std::future::pending().await };
    sleep(rhythm.pause).await;
    let before = processor_time(pid);
    match probe.ask(rhythm.patience).await {
        Ok(answer) => Seen::Answer(answer),
        Err(miss) => Seen::Miss { reason: miss.to_string(), busy: is_busy(pid, before) },
    }
}

/// True if a process has used a processor since `before`, queues for one, or waits for the disk.
fn is_busy(pid: i32, before: Option<u64>) -> bool {
    let Some(stat) = procfs::process::Process::new(pid).ok().and_then(|process| process.stat().ok()) else {
        return false;
    };
    matches!(stat.state, 'R' | 'D') || before.is_some_and(|before| stat.utime + stat.stime > before)
}

/// Processor time that a process has used, in clock ticks.
fn processor_time(pid: i32) -> Option<u64> {
    let stat = procfs::process::Process::new(pid).ok()?.stat().ok()?;
    Some(stat.utime + stat.stime)
}

async fn ended(child: &mut Option<Child>) -> ExitStatus {
    match child {
        Some(child) => child.ended().await,
        None => std::future::pending().await,
    }
}

async fn next_order(orders: &mut watch::Receiver<Order>) -> Order {
    match orders.changed().await {
        Ok(()) => *orders.borrow_and_update(),
        // Nobody is left who could order anything but this.
        Err(_) => std::future::pending().await,
    }
}

async fn ring(alarm: Option<Instant>) {
    match alarm {
        Some(at) => sleep(at.saturating_duration_since(Instant::now())).await,
        None => std::future::pending::<()>().await,
    }
}

/// How a process ended, in words; its own last words say why.
pub(crate) fn describe(exit: ExitStatus, words: Option<String>) -> String {
    let how = match (exit.code(), exit.signal()) {
        (Some(code), _) => format!("it ended with code {code}"),
        (None, Some(number)) => match Signal::try_from(number) {
            Ok(signal) => format!("it was ended by {signal}"),
            Err(_) => format!("it was ended by signal {number}"),
        },
        (None, None) => "it ended".into(),
    };
    match words {
        // A process that a signal ended did not know; its last words say nothing about that.
        Some(words) if exit.code().is_some() => format!("{how}: {words}"),
        _ => how,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_in_words() {
        let exit = ExitStatus::from_raw(2 << 8);
        assert_eq!(
            describe(exit, Some("AUTH_PASSWORD is not set".into())),
            "it ended with code 2: AUTH_PASSWORD is not set"
        );
        assert_eq!(describe(ExitStatus::from_raw(9), Some("listening".into())), "it was ended by SIGKILL");
    }

    #[test]
    fn a_process_that_sleeps_is_not_busy_and_one_that_spins_is() {
        let us = i32::try_from(std::process::id()).unwrap();
        let before = processor_time(us);
        let begin = Instant::now();
        while processor_time(us) == before {
            assert!(
                begin.elapsed() < std::time::Duration::from_secs(20),
                "no processor time in 20 s of spinning"
            );
        }
        assert!(is_busy(us, before));
        assert!(!is_busy(i32::MAX, Some(0)), "a process that is not there");
    }
}
