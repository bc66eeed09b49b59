//! What time it is, as something that is handed in.
//!
//! Sessions end by the wall clock, which may jump; the throttle counts by the monotonic one, which
//! does not.

use std::{sync::Arc, time::Instant};

use time::OffsetDateTime;

/// One moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// By the wall clock, in UTC.
    pub wall: OffsetDateTime,
    /// By the clock that never goes back.
    pub monotonic: Instant,
}

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// The clocks of the machine.
    pub fn system() -> Self {
        Self::from_fn(|| Moment { wall: OffsetDateTime::now_utc(), monotonic: Instant::now() })
    }

    /// A clock of one's own, for tests.
    pub fn from_fn(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// This moment.
    pub fn now(&self) -> Moment {
        (self.0)()
    }
}
