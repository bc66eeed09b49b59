//! `ocweb setup`, apart from what is typed after it: what is known already, the questions, the checks of the answers
//! against the real thing, and the plan that they end in. Nothing is changed here but by [`plan::Plan::applied`].

pub mod address;
pub mod finding;
pub mod github;
pub mod interview;
pub mod known;
pub mod password;
pub mod plan;
pub mod provider;
mod topic;
mod web;
