//! What a supervised process can be, and what follows from what happens to it.
//!
//! A [`Machine`] is told what happened and when; it changes its [`State`] and says what to do next. It
//! starts nothing, waits for nothing and reads no clock, so that every rule of supervision can be
//! tested here without a process.

use std::time::{Duration, Instant};

use serde::Serialize;
use utoipa::ToSchema;

use crate::backoff;

/// Deaths in a row without having been ready that make a process [`State::Failed`].
const FAILED_AFTER: u32 = 5;

/// Probes in a row that must be missed before a process that was ready counts as unresponsive.
const MISSES: u32 = 3;

/// How long a process may stay silent while it visibly works (its processor time grows, it queues for
/// a processor, it waits for the disk). A loaded machine is no reason to kill what is merely slow.
const BUSY_LIMIT: Duration = Duration::from_mins(1);

/// A process that was well for so long starts with a clean record.
const WELL: Duration = Duration::from_mins(1);

/// Pause between probes of a process that is starting, or that has just missed one.
const EAGER_PAUSE: Duration = Duration::from_millis(50);

/// Pause between probes of a process that is well.
const CALM_PAUSE: Duration = Duration::from_secs(2);

/// How long a probe waits for its answer at first. Short, because a connection that is accepted while
/// opencode is still starting is never answered.
const FIRST_PATIENCE: Duration = Duration::from_millis(250);

/// How long a probe waits at most. With [`MISSES`] and the pauses this sees a process that stands
/// still within 10 seconds.
const LAST_PATIENCE: Duration = Duration::from_millis(2250);

/// What a supervised process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ServiceState)]
pub(crate) enum State {
    /// It runs, or will as soon as what it needs is there, and has not answered its probe yet.
    Starting,
    /// It answers its probe.
    Running,
    /// It answered before and does not now.
    Unresponsive,
    /// It died and will be started again shortly.
    Restarting,
    /// It died five times in a row, or hung, before it was ready. It is still tried again, seldom.
    Failed,
    /// It was asked to stop.
    Stopping,
    /// It has stopped and stays so.
    Stopped,
}

impl State {
    /// True when there is no point in waiting any longer for the process to become ready.
    pub(crate) fn is_settled(self) -> bool {
        matches!(self, Self::Running | Self::Failed)
    }
}

/// What can happen to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// Its program runs.
    Started,
    /// It has ended, or could not be started at all.
    Ended,
    /// It answered its probe.
    Answered,
    /// It did not answer its probe.
    Missed {
        /// It visibly works all the same.
        busy: bool,
    },
    /// The time that was asked for with [`Action::StartAfter`] or [`Action::Terminate`] has come.
    Alarm,
    /// Somebody wants it to end and to be started anew.
    RestartAsked,
    /// The supervisor wants it to stop.
    StopAsked,
    /// The supervisor wants it gone now.
    KillAsked,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Start the program.
    Start,
    /// Ring the alarm after this time, give or take some jitter.
    StartAfter(Duration),
    /// Ask it to end, and ring the alarm when its grace is over.
    Terminate,
    /// End it by force.
    Kill,
    /// Nothing, ever again.
    Finish,
}

/// When to probe next, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rhythm {
    /// Time to let pass before the probe.
    pub(crate) pause: Duration,
    /// Time that the answer may take.
    pub(crate) patience: Duration,
}

/// The record of one process.
#[derive(Debug)]
pub(crate) struct Machine {
    state: State,
    /// How long a start may take before it counts as hung.
    start_limit: Duration,
    life: Option<Life>,
    /// Deaths since it was last well for [`WELL`].
    deaths: u32,
    /// Deaths since it was last ready.
    failures: u32,
}

/// What is known of the program that runs now.
#[derive(Debug)]
struct Life {
    began: Instant,
    ready: Option<Instant>,
    answered: Instant,
    misses: u32,
    hung: bool,
    /// It ends because somebody wants it started anew.
    asked_to_restart: bool,
}

impl Machine {
    /// A process that was never started. Ring its alarm to begin.
    pub(crate) fn new(start_limit: Duration) -> Self {
        Self { state: State::Starting, start_limit, life: None, deaths: 0, failures: 0 }
    }

    /// What the process is now.
    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Takes note of an event.
    pub(crate) fn on(&mut self, event: Event, now: Instant) -> Option<Action> {
        match event {
            Event::Started => {
                self.life = Some(Life {
                    began: now,
                    ready: None,
                    answered: now,
                    misses: 0,
                    hung: false,
                    asked_to_restart: false,
                });
                None
            }
            Event::Ended => Some(self.ended(now)),
            Event::Answered => self.answered(now),
            Event::Missed { busy } => self.missed(busy, now),
            Event::Alarm if self.life.is_some() => Some(Action::Kill),
            Event::Alarm => {
                if self.state != State::Failed {
                    self.state = State::Starting;
                }
                Some(Action::Start)
            }
            Event::RestartAsked => self.restart(),
            Event::StopAsked => Some(self.end_with(Action::Terminate)),
            Event::KillAsked => Some(self.end_with(Action::Kill)),
        }
    }

    /// True while it ends because it was asked to: how it ends is nobody's fault then.
    pub(crate) fn is_asked_to_end(&self) -> bool {
        self.state == State::Stopping || self.life.as_ref().is_some_and(|life| life.asked_to_restart)
    }

    /// When to probe next.
    pub(crate) fn rhythm(&self, now: Instant) -> Rhythm {
        match &self.life {
            Some(Life { ready: Some(_), misses: 0, .. }) => {
                Rhythm { pause: CALM_PAUSE, patience: LAST_PATIENCE }
            }
            Some(Life { ready: Some(_), .. }) => Rhythm { pause: EAGER_PAUSE, patience: LAST_PATIENCE },
            // A start that takes long does so on a slow machine, where answers take long as well.
            Some(life) => Rhythm {
                pause: EAGER_PAUSE,
                patience: ((now - life.began) / 20).clamp(FIRST_PATIENCE, LAST_PATIENCE),
            },
            None => Rhythm { pause: EAGER_PAUSE, patience: FIRST_PATIENCE },
        }
    }

    fn answered(&mut self, now: Instant) -> Option<Action> {
        if self.is_asked_to_end() {
            return None;
        }
        let life = self.life.as_mut()?;
        life.ready.get_or_insert(now);
        life.answered = now;
        life.misses = 0;
        self.failures = 0;
        self.state = State::Running;
        None
    }

    fn missed(&mut self, busy: bool, now: Instant) -> Option<Action> {
        if self.is_asked_to_end() {
            return None;
        }
        let life = self.life.as_mut()?;
        life.misses += 1;
        if life.ready.is_none() {
            life.hung = now - life.began >= self.start_limit;
            return life.hung.then_some(Action::Kill);
        }
        if life.misses < MISSES {
            return None;
        }
        self.state = State::Unresponsive;
        (!busy || now - life.answered >= BUSY_LIMIT).then_some(Action::Kill)
    }

    fn ended(&mut self, now: Instant) -> Action {
        let life = self.life.take();
        if self.state == State::Stopping {
            self.state = State::Stopped;
            return Action::Finish;
        }
        if life.as_ref().is_some_and(|life| life.asked_to_restart) {
            return self.start_afresh();
        }
        let ready = life.as_ref().and_then(|life| life.ready);
        if ready.is_some_and(|ready| now - ready >= WELL) {
            self.deaths = 0;
        }
        self.deaths = self.deaths.saturating_add(1);
        if ready.is_none() {
            self.failures = self.failures.saturating_add(1);
        }
        if self.failures >= FAILED_AFTER || life.is_some_and(|life| life.hung) {
            self.state = State::Failed;
        }
        if self.state == State::Failed {
            return Action::StartAfter(backoff::CAP);
        }
        self.state = State::Restarting;
        Action::StartAfter(backoff::pause(self.deaths, ready.is_some()))
    }

    fn restart(&mut self) -> Option<Action> {
        if self.state == State::Stopping {
            return None;
        }
        let Some(life) = &mut self.life else { return Some(self.start_afresh()) };
        // Asked twice, it still ends once.
        if std::mem::replace(&mut life.asked_to_restart, true) {
            return None;
        }
        self.state = State::Restarting;
        Some(Action::Terminate)
    }

    /// With a clean record: somebody may have mended what it died of.
    fn start_afresh(&mut self) -> Action {
        self.state = State::Restarting;
        self.deaths = 0;
        self.failures = 0;
        Action::StartAfter(Duration::ZERO)
    }

    fn end_with(&mut self, action: Action) -> Action {
        if self.life.is_some() {
            self.state = State::Stopping;
            action
        } else {
            self.state = State::Stopped;
            Action::Finish
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with a clock that tests move by hand.
    struct Bench {
        machine: Machine,
        now: Instant,
    }

    impl Bench {
        fn started() -> Self {
            let mut bench = Self { machine: Machine::new(Duration::from_mins(3)), now: Instant::now() };
            assert_eq!(bench.on(Event::Alarm), Some(Action::Start));
            assert_eq!(bench.on(Event::Started), None);
            bench
        }

        fn ready() -> Self {
            let mut bench = Self::started();
            bench.on(Event::Answered);
            bench
        }

        fn on(&mut self, event: Event) -> Option<Action> {
            self.machine.on(event, self.now)
        }

        fn after(&mut self, seconds: u64) -> &mut Self {
            self.now += Duration::from_secs(seconds);
            self
        }

        fn restart(&mut self) {
            self.on(Event::Alarm);
            self.on(Event::Started);
        }

        fn state(&self) -> State {
            self.machine.state()
        }
    }

    #[test]
    fn it_is_running_once_it_answers_and_not_before() {
        let mut bench = Bench::started();
        assert_eq!(bench.on(Event::Missed { busy: false }), None);
        assert_eq!(bench.state(), State::Starting);
        bench.on(Event::Answered);
        assert_eq!(bench.state(), State::Running);
    }

    #[test]
    fn a_death_is_followed_by_a_prompt_restart() {
        let mut bench = Bench::ready();
        let Some(Action::StartAfter(pause)) = bench.on(Event::Ended) else { panic!("no restart") };
        assert!(pause <= Duration::from_millis(100));
        assert_eq!(bench.state(), State::Restarting);
        assert_eq!(bench.on(Event::Alarm), Some(Action::Start));
        assert_eq!(bench.state(), State::Starting);
    }

    #[test]
    fn five_deaths_without_being_ready_are_a_failure_that_is_still_tried_again() {
        let mut bench = Bench::started();
        for death in 1..=4 {
            assert!(matches!(bench.on(Event::Ended), Some(Action::StartAfter(_))));
            assert_eq!(bench.state(), State::Restarting, "after death {death}");
            bench.restart();
        }
        assert_eq!(bench.on(Event::Ended), Some(Action::StartAfter(backoff::CAP)));
        assert_eq!(bench.state(), State::Failed);
        bench.restart();
        assert_eq!(bench.state(), State::Failed, "trying again is not yet success");
        bench.on(Event::Answered);
        assert_eq!(bench.state(), State::Running);
    }

    #[test]
    fn a_process_that_gets_ready_each_time_never_fails() {
        let mut bench = Bench::ready();
        for _ in 0..50 {
            let Some(Action::StartAfter(pause)) = bench.after(1).on(Event::Ended) else { panic!() };
            assert!(pause <= Duration::from_millis(500));
            bench.restart();
            bench.on(Event::Answered);
        }
        assert_eq!(bench.state(), State::Running);
    }

    #[test]
    fn one_that_is_to_be_restarted_ends_in_its_grace_and_comes_back_at_once() {
        let mut bench = Bench::ready();
        assert_eq!(bench.on(Event::RestartAsked), Some(Action::Terminate));
        assert_eq!(bench.on(Event::RestartAsked), None, "asked twice, it ends once");
        bench.on(Event::Answered);
        assert_eq!(bench.state(), State::Restarting, "what it still answers is not news");
        assert_eq!(bench.on(Event::Alarm), Some(Action::Kill));
        assert_eq!(bench.on(Event::Ended), Some(Action::StartAfter(Duration::ZERO)));
        bench.restart();
        bench.on(Event::Answered);
        assert_eq!(bench.state(), State::Running);
    }

    #[test]
    fn a_failed_one_is_tried_at_once_when_somebody_asks() {
        let mut bench = Bench::started();
        for _ in 1..5 {
            bench.on(Event::Ended);
            bench.restart();
        }
        bench.on(Event::Ended);
        assert_eq!(bench.state(), State::Failed);
        assert_eq!(bench.on(Event::RestartAsked), Some(Action::StartAfter(Duration::ZERO)));
        bench.restart();
        assert_eq!(bench.on(Event::Ended), Some(Action::StartAfter(backoff::pause(1, false))));
        assert_eq!(bench.state(), State::Restarting, "with a clean record");
    }

    #[test]
    fn a_stop_wins_over_a_restart() {
        let mut bench = Bench::ready();
        bench.on(Event::RestartAsked);
        assert_eq!(bench.on(Event::StopAsked), Some(Action::Terminate));
        assert_eq!(bench.on(Event::RestartAsked), None);
        assert_eq!(bench.on(Event::Ended), Some(Action::Finish));
    }

    #[test]
    fn a_minute_of_being_well_clears_the_record() {
        let mut bench = Bench::ready();
        for _ in 0..3 {
            bench.on(Event::Ended);
            bench.restart();
            bench.on(Event::Answered);
        }
        assert_eq!(bench.on(Event::Ended), Some(Action::StartAfter(backoff::pause(4, true))));
        bench.restart();
        bench.on(Event::Answered);
        let action = bench.after(60).on(Event::Ended);
        assert_eq!(action, Some(Action::StartAfter(backoff::pause(1, true))));
    }

    #[test]
    fn one_that_stands_still_is_killed_after_three_misses() {
        let mut bench = Bench::ready();
        assert_eq!(bench.on(Event::Missed { busy: false }), None);
        assert_eq!(bench.on(Event::Missed { busy: false }), None);
        assert_eq!(bench.state(), State::Running);
        assert_eq!(bench.on(Event::Missed { busy: false }), Some(Action::Kill));
        assert_eq!(bench.state(), State::Unresponsive);
        assert!(matches!(bench.on(Event::Ended), Some(Action::StartAfter(_))));
    }

    #[test]
    fn standing_still_is_seen_within_ten_seconds() {
        let worst = CALM_PAUSE + LAST_PATIENCE * MISSES + EAGER_PAUSE * (MISSES - 1);
        assert!(worst < Duration::from_millis(9500), "{worst:?}");
    }

    #[test]
    fn one_that_is_busy_is_shown_but_left_alone_for_a_minute() {
        let mut bench = Bench::ready();
        for _ in 0..10 {
            assert_eq!(bench.after(5).on(Event::Missed { busy: true }), None);
        }
        assert_eq!(bench.state(), State::Unresponsive);
        bench.on(Event::Answered);
        assert_eq!(bench.state(), State::Running);
        for _ in 0..3 {
            bench.on(Event::Missed { busy: true });
        }
        assert_eq!(bench.after(60).on(Event::Missed { busy: true }), Some(Action::Kill));
    }

    #[test]
    fn a_slow_start_is_waited_for_and_a_hung_one_fails() {
        let mut bench = Bench::started();
        assert_eq!(bench.after(179).on(Event::Missed { busy: false }), None);
        assert_eq!(bench.after(1).on(Event::Missed { busy: false }), Some(Action::Kill));
        assert_eq!(bench.on(Event::Ended), Some(Action::StartAfter(backoff::CAP)));
        assert_eq!(bench.state(), State::Failed);
    }

    #[test]
    fn the_longer_a_start_takes_the_more_patient_the_probe() {
        let mut bench = Bench::started();
        assert_eq!(bench.machine.rhythm(bench.now).patience, FIRST_PATIENCE);
        bench.after(20);
        assert_eq!(bench.machine.rhythm(bench.now).patience, Duration::from_secs(1));
        bench.after(100);
        assert_eq!(bench.machine.rhythm(bench.now).patience, LAST_PATIENCE);
    }

    #[test]
    fn stopping_asks_then_forces_and_starts_nothing_anew() {
        let mut bench = Bench::ready();
        assert_eq!(bench.on(Event::StopAsked), Some(Action::Terminate));
        assert_eq!(bench.on(Event::Answered), None);
        assert_eq!(bench.on(Event::Missed { busy: false }), None);
        assert_eq!(bench.state(), State::Stopping);
        assert_eq!(bench.on(Event::Alarm), Some(Action::Kill));
        assert_eq!(bench.on(Event::Ended), Some(Action::Finish));
        assert_eq!(bench.state(), State::Stopped);
    }

    #[test]
    fn one_that_is_down_stops_at_once() {
        let mut bench = Bench::started();
        bench.on(Event::Ended);
        assert_eq!(bench.on(Event::StopAsked), Some(Action::Finish));
        assert_eq!(bench.state(), State::Stopped);
    }
}
