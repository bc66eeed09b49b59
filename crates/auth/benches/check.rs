//! How fast and how big `/auth/check` is: `cargo bench -p ocweb-auth`.
//!
//! The real binary on its unix socket, one thread that keeps sixteen connections busy with the
//! request that Caddy sends for a page's fetch. It measures, and fails only when it cannot.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

const CONNECTIONS: usize = 16;
const DURATION: Duration = Duration::from_secs(5);

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let service = Command::new(env!("CARGO_BIN_EXE_ocweb-auth"))
        .env_clear()
        .env("OCWEB_DATA", folder.path())
        .env("OCWEB_RUN_DIR", folder.path())
        .env("OCWEB_LOG", "warn")
        .env("AUTH_PASSWORD", "benchmark")
        // As the supervisor sets them: what a password check took is given back to the system.
        .env("MALLOC_MMAP_THRESHOLD_", "131072")
        .env("MALLOC_ARENA_MAX", "2")
        .spawn()?;
    let service = Running(service);
    let socket = folder.path().join("auth/socket");
    let mut streams = vec![connect(&socket)?];
    let cookie = log_in(&mut streams[0])?;
    for _ in 1..CONNECTIONS {
        streams.push(connect(&socket)?);
    }
    let request = check_request(&cookie);
    rounds(&mut streams, &request, Duration::from_secs(1))?;
    let mut latencies = rounds(&mut streams, &request, DURATION)?;

    latencies.sort_unstable();
    let percentile = |share: usize| latencies[(latencies.len() - 1) * share / 100].as_micros();
    let per_second = latencies.len() as u128 * 1_000_000 / DURATION.as_micros();
    println!("auth check: {per_second}/s over {CONNECTIONS} connections");
    println!("latency: p50 {} us, p99 {} us", percentile(50), percentile(99));
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.0.id()))?;
    for line in status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("RssAnon")) {
        println!("{line}");
    }
    Ok(())
}

fn connect(socket: &Path) -> anyhow::Result<UnixStream> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match UnixStream::connect(socket) {
            Ok(stream) => return Ok(stream),
            Err(error) => ensure!(Instant::now() < deadline, "the service does not listen: {error}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn log_in(stream: &mut UnixStream) -> anyhow::Result<String> {
    let form = "password=benchmark";
    write!(
        stream,
        "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    )?;
    let answer = read_answer(stream)?;
    let cookie = answer.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next());
    Ok(cookie.context("the login gave no cookie")?.to_owned())
}

fn check_request(cookie: &str) -> String {
    format!(
        "GET /auth/check HTTP/1.1\r\nHost: box.local\r\nCookie: theme=dark; {cookie}\r\n\
         User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1\r\n\
         Accept: application/json\r\nAccept-Language: en\r\nReferer: http://localhost:8080/chat/ses_1\r\n\
         Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n\
         X-Forwarded-For: 203.0.113.7\r\nX-Real-Ip: 203.0.113.7\r\nX-Forwarded-Host: localhost:8080\r\n\
         X-Forwarded-Method: GET\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Uri: /session/status?directory=a\r\n\r\n"
    )
}

/// Asks on every connection, then reads every answer, again and again. Returns each answer's latency.
fn rounds(streams: &mut [UnixStream], request: &str, duration: Duration) -> anyhow::Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    let end = Instant::now() + duration;
    while Instant::now() < end {
        let mut sent = [Instant::now(); CONNECTIONS];
        for (stream, sent) in streams.iter_mut().zip(&mut sent) {
            *sent = Instant::now();
            stream.write_all(request.as_bytes())?;
        }
        for (stream, sent) in streams.iter_mut().zip(sent) {
            let answer = read_answer(stream)?;
            ensure!(answer.starts_with("HTTP/1.1 204"), "not let in: {answer}");
            latencies.push(sent.elapsed());
        }
    }
    Ok(latencies)
}

/// An answer without a body.
fn read_answer(stream: &mut UnixStream) -> anyhow::Result<String> {
    let mut answer = Vec::with_capacity(512);
    let mut buffer = [0; 1024];
    while !answer.ends_with(b"\r\n\r\n") {
        let length = stream.read(&mut buffer)?;
        ensure!(length > 0, "the service hung up");
        answer.extend_from_slice(&buffer[..length]);
    }
    Ok(String::from_utf8(answer)?)
}
