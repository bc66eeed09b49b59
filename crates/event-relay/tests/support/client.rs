//! A client of the relay's stream, as a browser would be one.

use std::path::Path;

use flate2::{Decompress, FlushDecompress};
use reqwest::Response;
use serde_json::Value;
use tokio::time::timeout;

use super::{PATIENCE, http};

/// An event with its number; a heartbeat has none.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    pub id: Option<String>,
    pub event: Value,
}

impl Received {
    pub fn kind(&self) -> &str {
        self.event["type"].as_str().unwrap()
    }
}

/// An open stream.
pub struct Client {
    response: Response,
    decoder: Option<Decompress>,
    text: Vec<u8>,
    /// Bytes on the wire, headers aside.
    pub received: usize,
}

impl Client {
    /// Opens a stream; `query` begins with `?` where there is one.
    pub async fn open(socket: &Path, query: &str, headers: &[(&str, &str)]) -> Self {
        let mut request = http(socket).get(format!("http://relay/admin/events{query}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = timeout(PATIENCE, request.send()).await.unwrap().unwrap();
        assert_eq!(response.status(), 200);
        Self::of(response)
    }

    pub fn of(response: Response) -> Self {
        let gzip = response.headers().get("content-encoding").is_some_and(|value| value == "gzip");
        let decoder = gzip.then(|| Decompress::new_gzip(15));
        Self { response, decoder, text: Vec::new(), received: 0 }
    }

    pub fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The next event; `None` at the stream's end.
    pub async fn next(&mut self) -> Option<Received> {
        loop {
            if let Some(end) = self.text.windows(2).position(|window| window == b"\n\n") {
                let frame: Vec<u8> = self.text.drain(..end + 2).collect();
                return Some(read(std::str::from_utf8(&frame).unwrap()));
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("the stream fell silent");
            let chunk = chunk.ok().flatten()?;
            self.received += chunk.len();
            match &mut self.decoder {
                None => self.text.extend_from_slice(&chunk),
                Some(decoder) => inflate(decoder, &chunk, &mut self.text),
            }
        }
    }

    /// The next event that is wanted, and those before it.
    pub async fn until(&mut self, wanted: impl Fn(&Received) -> bool) -> Vec<Received> {
        let mut all = Vec::new();
        loop {
            let next = self.next().await;
            all.push(next.unwrap_or_else(|| panic!("the stream ended after {all:#?}")));
            if all.last().is_some_and(&wanted) {
                return all;
            }
        }
    }

    /// Waits for the end of the stream.
    pub async fn end(&mut self) {
        while self.next().await.is_some() {}
    }
}

fn inflate(decoder: &mut Decompress, mut input: &[u8], output: &mut Vec<u8>) {
    loop {
        output.reserve(64 << 10);
        let (taken, given) = (decoder.total_in(), decoder.total_out());
        decoder.decompress_vec(input, output, FlushDecompress::None).unwrap();
        input = &input[usize::try_from(decoder.total_in() - taken).unwrap()..];
        if input.is_empty() && decoder.total_out() - given < 64 << 10 {
            return;
        }
    }
}

fn read(frame: &str) -> Received {
    let mut received = Received { id: None, event: Value::Null };
    for line in frame.trim_end().lines() {
        match line.split_once(": ").unwrap() {
            ("id", id) => received.id = Some(id.into()),
            ("data", data) => received.event = serde_json::from_str(data).unwrap(),
            _ => panic!("an unknown line: {line}"),
        }
    }
    received
}
