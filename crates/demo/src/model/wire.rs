//! Answers in OpenAI's form: chunks as server-sent events, or one whole completion.

use std::convert::Infallible;

use axum::{
    Json,
    body::{Body, Bytes},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{completion::Piece, conversation::Request};

/// Fixed: nothing depends on when a demo's answer was made.
const CREATED: u64 = 1_750_000_000;

/// Arguments of a tool call arrive in pieces of so many characters.
const ARGUMENT_PIECE: usize = 24;

/// An error as OpenAI writes it.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(error_body(status.as_u16(), message))).into_response()
}

fn error_body(status: u16, message: &str) -> Value {
    let kind = match status {
        401 | 403 => "authentication_error",
        429 => "rate_limit_exceeded",
        400..500 => "invalid_request_error",
        _ => "server_error",
    };
    json!({"error": {"message": message, "type": kind, "param": null, "code": status}})
}

/// Server-sent events, one for each piece, as the pieces come.
pub(super) fn streamed(request: &Request, pieces: mpsc::Receiver<Piece>) -> Response {
    let answer = Answer::new(request);
    let events = stream::unfold((pieces, answer), |(mut pieces, mut answer)| async move {
        let piece = pieces.recv().await?;
        let events = answer.events(&piece);
        Some((Ok::<_, Infallible>(Bytes::from(events)), (pieces, answer)))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(events)).into_response()
}

/// The whole completion, when it is complete.
pub(super) async fn whole(request: &Request, mut pieces: mpsc::Receiver<Piece>) -> Response {
    let mut answer = Answer::new(request);
    let (mut content, mut reasoning, mut calls) = (String::new(), String::new(), Vec::new());
    while let Some(piece) = pieces.recv().await {
        answer.count(&piece);
        match piece {
            Piece::Text(text) => content.push_str(&text),
            Piece::Reasoning(text) => reasoning.push_str(&text),
            Piece::Call { id, name, arguments } => calls.push(call(&id, &name, &arguments)),
            Piece::Failed(status) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                return error(status, "The prompt told the demo's model to fail.");
            }
            Piece::End => break,
        }
    }
    let mut message = json!({"role": "assistant", "content": content});
    if !reasoning.is_empty() {
        message["reasoning_content"] = reasoning.into();
    }
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    Json(json!({
        "id": answer.id, "object": "chat.completion", "created": CREATED, "model": answer.model,
        "choices": [{"index": 0, "message": message, "finish_reason": answer.finish_reason()}],
        "usage": answer.usage(),
    }))
    .into_response()
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"index": 0, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

/// What is the same in every chunk of an answer, and what is counted over all of them.
struct Answer {
    id: String,
    model: String,
    prompt_tokens: usize,
    text_tokens: usize,
    reasoning_tokens: usize,
    calls_tools: bool,
}

impl Answer {
    fn new(request: &Request) -> Self {
        let characters: usize =
            request.messages.iter().flat_map(|message| &message.texts).map(String::len).sum();
        Self {
            id: format!("chatcmpl-{}", request.messages.len()),
            model: request.model.clone(),
            // Four characters to a token, as a rule of thumb.
            prompt_tokens: characters / 4,
            text_tokens: 0,
            reasoning_tokens: 0,
            calls_tools: false,
        }
    }

    fn count(&mut self, piece: &Piece) {
        match piece {
            Piece::Text(_) => self.text_tokens += 1,
            Piece::Reasoning(_) => self.reasoning_tokens += 1,
            Piece::Call { arguments, .. } => {
                self.calls_tools = true;
                self.text_tokens += arguments.len() / 4;
            }
            Piece::Failed(_) | Piece::End => {}
        }
    }

    fn usage(&self) -> Value {
        let completion_tokens = self.text_tokens + self.reasoning_tokens;
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": self.prompt_tokens + completion_tokens,
            "completion_tokens_details": {"reasoning_tokens": self.reasoning_tokens},
        })
    }

    fn finish_reason(&self) -> &'static str {
        if self.calls_tools { "tool_calls" } else { "stop" }
    }

    /// The events of one piece. A tool call is streamed as OpenAI does: name first, then its
    /// arguments in pieces. The end carries the reason, then the usage, then the mark.
    fn events(&mut self, piece: &Piece) -> String {
        self.count(piece);
        match piece {
            Piece::Text(text) => self.delta(&json!({"role": "assistant", "content": text})),
            Piece::Reasoning(text) => self.delta(&json!({"role": "assistant", "reasoning_content": text})),
            Piece::Call { id, name, arguments } => {
                let mut events =
                    self.delta(&json!({"role": "assistant", "tool_calls": [call(id, name, "")]}));
                let characters: Vec<char> = arguments.chars().collect();
                for piece in characters.chunks(ARGUMENT_PIECE) {
                    let arguments: String = piece.iter().collect();
                    events += &self
                        .delta(&json!({"tool_calls": [{"index": 0, "function": {"arguments": arguments}}]}));
                }
                events
            }
            Piece::Failed(status) => {
                let body = error_body(*status, "The prompt told the demo's model to fail.");
                format!("data: {body}\n\n")
            }
            Piece::End => {
                let finish = json!([{"index": 0, "delta": {}, "finish_reason": self.finish_reason()}]);
                let usage = self.chunk(&json!([]), &self.usage());
                format!("{}{usage}data: [DONE]\n\n", self.chunk(&finish, &Value::Null))
            }
        }
    }

    fn delta(&self, delta: &Value) -> String {
        self.chunk(&json!([{"index": 0, "delta": delta, "finish_reason": null}]), &Value::Null)
    }

    fn chunk(&self, choices: &Value, usage: &Value) -> String {
        let chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": CREATED, "model": self.model,
            "choices": choices, "usage": usage,
        });
        format!("data: {chunk}\n\n")
    }
}
