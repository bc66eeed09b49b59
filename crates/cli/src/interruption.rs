//! A closed terminal, and Ctrl-C, while something is moved that must not be left half-way.
//!
//! A phone closes its terminal whenever it likes, so what was begun goes on without one. Who interrupts it wants it undone:
//! what is being waited for is ended, so it fails, and what fails is taken back. Going back goes on whatever is pressed.
//! So what is started is in no group of the terminal's: this process alone hears of it.

use std::{
    fs::File,
    io::{self, IsTerminal, Read, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

use nix::{
    sys::signal::{SigSet, Signal, killpg},
    unistd::Pid,
};

use crate::failure::Failure;

/// Signals come to a process, so this is the process's.
static STATE: Mutex<State> = Mutex::new(State { phase: Phase::Unguarded, group: None });

struct State {
    phase: Phase,
    /// What is being waited for: it and all that it started.
    group: Option<Pid>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Signals do what they do to any program.
    Unguarded,
    Onward,
    Interrupted,
    Back,
}

/// From here on a closed terminal ends nothing, and what is said without one goes into `log`. An interruption makes what
/// [`run`] runs fail, until [`go_back`].
pub fn guard(log: PathBuf) -> Result<(), Failure> {
    let signals = SigSet::from_iter([Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM]);
    signals.thread_block().map_err(|error| Failure::Other(format!("Signals cannot be held: {error}.")))?;
    let has_terminal = io::stderr().is_terminal();
    state().phase = Phase::Onward;
    thread::spawn(move || {
        while let Ok(signal) = signals.wait() {
            match signal {
                Signal::SIGHUP if has_terminal => speak_into(&log),
                Signal::SIGHUP => {}
                _ => interrupt(),
            }
        }
    });
    Ok(())
}

/// Fails once it was interrupted.
pub fn check() -> Result<(), Failure> {
    if state().phase == Phase::Interrupted { Err(interrupted()) } else { Ok(()) }
}

/// From here on nothing interrupts. Tells of the interruption, if that is why.
pub fn go_back() -> Option<Failure> {
    let mut state = state();
    let was_interrupted = state.phase == Phase::Interrupted;
    if state.phase != Phase::Unguarded {
        state.phase = Phase::Back;
    }
    was_interrupted.then(interrupted)
}

/// Runs a program to its end, and answers what it said.
pub fn run(command: &mut Command) -> io::Result<Output> {
    finish(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
}

fn finish(command: &mut Command) -> io::Result<Output> {
    let child = {
        // An interruption comes before the program, or finds it.
        let mut state = state();
        match state.phase {
            Phase::Interrupted => return Err(io::Error::other(interrupted())),
            Phase::Unguarded => {}
            Phase::Onward | Phase::Back => {
                command.process_group(0);
            }
        }
        let child = command.stdin(Stdio::null()).spawn()?;
        if state.phase != Phase::Unguarded {
            state.group = i32::try_from(child.id()).ok().map(Pid::from_raw);
        }
        child
    };
    let output = child.wait_with_output();
    state().group = None;
    output
}

/// The same, and what it says is told to the person, for as long as there is one.
pub fn run_aloud(mut command: Command) -> io::Result<ExitStatus> {
    let (reader, writer) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let relay = thread::spawn(move || pass_on(reader));
    let output = finish(&mut command);
    // It holds an end of the pipe.
    drop(command);
    // Its panic would be our own.
    let _ = relay.join();
    output.map(|output| output.status)
}

fn pass_on(mut words: impl Read) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = words.read(&mut bytes) {
        // Who is gone hears nothing; the program must not notice.
        let _ = io::stderr().write_all(&bytes[..length]);
    }
}

fn interrupt() {
    let mut state = state();
    if state.phase == Phase::Onward {
        state.phase = Phase::Interrupted;
        if let Some(group) = state.group {
            // It may have ended just now.
            let _ = killpg(group, Signal::SIGTERM);
        }
    }
}

/// The terminal is gone.
fn speak_into(log: &Path) {
    // Where there is no place for words, it goes on without.
    if let Ok(file) = File::create(log) {
        let _ = rustix::stdio::dup2_stdout(&file);
        let _ = rustix::stdio::dup2_stderr(&file);
    }
}

fn interrupted() -> Failure {
    Failure::Other("It was interrupted.".into())
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
