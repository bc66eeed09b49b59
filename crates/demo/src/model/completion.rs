//! Performs a turn in its own time.

use std::time::Duration;

use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    directive::{Directive, Tool},
    script::Turn,
};

/// Thoughts come faster than words.
const THOUGHTS_PER_SECOND: u32 = 100;

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// Some text.
    Text(String),
    /// Some reasoning.
    Reasoning(String),
    /// A tool call, whole.
    Call {
        /// Unique within the conversation.
        id: String,
        /// The tool.
        name: String,
        /// JSON.
        arguments: String,
    },
    /// The answer broke off with this status.
    Failed(u16),
    /// The answer is complete.
    End,
}

/// The pieces of a turn, as they come. Ends early when the receiver is dropped or `stop` says so.
///
/// A tool call gets the id `call_id` and paths below `directory`.
pub(super) fn perform(
    turn: Turn,
    call_id: String,
    directory: String,
    stop: CancellationToken,
) -> mpsc::Receiver<Piece> {
    let (pieces, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        let performed = async {
            for step in turn.steps() {
                let call = |tool: &Tool| Piece::Call {
                    id: call_id.clone(),
                    name: tool.name().into(),
                    arguments: tool.arguments(&directory).to_string(),
                };
                if take(step, call, &pieces).await.is_none() {
                    return;
                }
            }
            // The client may have gone; then there is nobody to tell.
            let _ = pieces.send(Piece::End).await;
        };
        tokio::select! {
            () = performed => {}
            () = stop.cancelled() => {}
        }
    });
    receiver
}

/// Takes one step; `call` makes a tool's call. `None` when the turn is over early.
async fn take(step: &Directive, call: impl Fn(&Tool) -> Piece, pieces: &mpsc::Sender<Piece>) -> Option<()> {
    match step {
        Directive::Say { text, words_per_second } => {
            speak(text, *words_per_second, Piece::Text, pieces).await
        }
        Directive::Think { text } => speak(text, THOUGHTS_PER_SECOND, Piece::Reasoning, pieces).await,
        Directive::Wait(duration) => {
            tokio::select! {
                () = tokio::time::sleep(*duration) => Some(()),
                () = pieces.closed() => None,
            }
        }
        Directive::Fail { status, .. } => {
            // The client may have gone; then there is nobody to tell.
            let _ = pieces.send(Piece::Failed(*status)).await;
            None
        }
        Directive::Stall => {
            pieces.closed().await;
            None
        }
        Directive::Call(tool) => pieces.send(call(tool)).await.ok(),
    }
}

/// Sends a text word by word. Each word has its time counted from the beginning, so that a slow
/// machine falls behind and catches up rather than getting slower.
async fn speak(
    text: &str,
    words_per_second: u32,
    piece: impl Fn(String) -> Piece,
    pieces: &mpsc::Sender<Piece>,
) -> Option<()> {
    let begin = Instant::now();
    let pause = Duration::from_secs(1) / words_per_second;
    for (word, number) in text.split_inclusive(char::is_whitespace).zip(0_u32..) {
        tokio::time::sleep_until(begin + pause * number).await;
        pieces.send(piece(word.to_owned())).await.ok()?;
    }
    Some(())
}
