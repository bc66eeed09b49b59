//! The demo world: a GitHub, a language model and opencode's share server, played on one loopback port.
//!
//! It exists so that ocweb can be tried and tested with nothing but the machine at hand: no account,
//! no key, no network. The product knows nothing of it; it is pointed here by the same environment
//! variables that point it to the real ones ([`World::environment`]).
//!
//! - [`github`] answers the few REST calls and serves real bare repositories over smart HTTP.
//! - [`model`] speaks the OpenAI chat protocol and does what the words of a prompt say.
//! - `sharing` takes in the conversations that opencode publishes.
//! - [`faults`] makes any of them fail on purpose.
//!
//! A test starts a world in its own process. The world answers on the test's own runtime, so whatever
//! the test runs against it, such as git, must not block that runtime:
//!
//! ```no_run
//! # async fn example() -> Result<(), ocweb_demo::StartError> {
//! let root = std::path::Path::new("/tmp/a-folder-of-the-test");
//! let world = ocweb_demo::World::start(root, ([127, 0, 0, 1], 0).into()).await?;
//! println!("git clone {}/demo/hello-web.git with the token {}", world.url(), world.token());
//! world.stop().await;
//! # Ok(())
//! # }
//! ```

mod control;
pub mod faults;
pub mod github;
pub mod model;
mod secrets;
mod settings;
mod sharing;
mod world;

pub use world::{StartError, World};
