//! What a git reads and writes, as far as there is room for it.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How much of what git says on standard error is kept: its end, where the reason stands.
const KEPT: usize = 8 * 1024;
/// How much of standard output is kept: its beginning. More is no answer that anything here asks for, but a
/// working copy with a million new files.
const ANSWER: usize = 8 * 1024 * 1024;

/// Writes all of it, unless git has enough before.
pub(super) async fn write_all(stream: Option<impl AsyncWrite + Unpin>, text: String) {
    if let Some(mut stream) = stream {
        // git's status tells whether what it did not read matters.
        let _ = stream.write_all(text.as_bytes()).await;
    }
}

/// The beginning of all that it writes, as text.
pub(super) async fn read_all(stream: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        // A pipe that breaks ends the output; git's status tells whether that matters.
        let _ = (&mut stream).take(ANSWER as u64).read_to_end(&mut bytes).await;
        // Read on, so that git can end.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads lines until there are `count` of them. True when there may be more.
pub(super) async fn read_first_lines(
    stream: Option<impl AsyncRead + Unpin>,
    count: usize,
    width: usize,
    lines: &mut Vec<String>,
) -> bool {
    let Some(mut stream) = stream else { return false };
    let mut pending = Vec::new();
    let mut buffer = vec![0_u8; 64 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let mut rest = &buffer[..read];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            append(&mut pending, &rest[..end], width);
            lines.push(String::from_utf8_lossy(&pending).into_owned());
            pending.clear();
            rest = &rest[end + 1..];
            if lines.len() == count {
                return true;
            }
        }
        append(&mut pending, rest, width);
    }
    false
}

/// As much as there is room for.
fn append(line: &mut Vec<u8>, bytes: &[u8], width: usize) {
    line.extend_from_slice(&bytes[..bytes.len().min(width - line.len())]);
}

/// Reads lines that end in a newline or, as progress does, in a carriage return. Gives the end of it all
/// without the progress.
pub(super) async fn read_lines(
    stream: Option<impl AsyncRead + Unpin>,
    mut on_line: impl FnMut(&str),
) -> String {
    let Some(mut stream) = stream else { return String::new() };
    let mut kept = String::new();
    let mut pending = Vec::new();
    let mut buffer = [0_u8; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        for &byte in &buffer[..count] {
            if !matches!(byte, b'\n' | b'\r') {
                // The remote has its say here too, and need not end its line.
                if pending.len() < KEPT {
                    pending.push(byte);
                }
                continue;
            }
            let line = String::from_utf8_lossy(&pending);
            on_line(&line);
            if byte == b'\n' {
                keep(&mut kept, &line);
            }
            drop(line);
            pending.clear();
        }
    }
    let line = String::from_utf8_lossy(&pending);
    on_line(&line);
    keep(&mut kept, &line);
    kept
}

fn keep(kept: &mut String, line: &str) {
    // What a fetch tells of each branch that moved begins so, and a branch may be called like an error. One that was
    // rejected is the error.
    if line.starts_with(' ') && !line.starts_with(" ! ") {
        return;
    }
    kept.push_str(line.trim_end());
    kept.push('\n');
    if kept.len() > KEPT {
        let cut = kept.ceil_char_boundary(kept.len() - KEPT);
        kept.drain(..cut);
    }
}
