//! The binary: a program's path in, one line for each fact out.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use ocweb_contract::{document, examine};

/// Tries on an opencode what ocweb relies on (docs/opencode.md), in a folder of its own and without the internet.
#[derive(Debug, Parser)]
#[command(
    name = "ocweb-contract",
    version,
    after_help = "Exit codes: 0 all is kept; 1 something is broken; 2 it could not be tried."
)]
struct Arguments {
    /// The opencode to try.
    program: PathBuf,
    /// Only these facts.
    facts: Vec<String>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { program, facts, json } = Arguments::parse();
    let facts: Vec<_> = facts.iter().map(String::as_str).collect();
    if let Some(unknown) = facts.iter().find(|fact| document::fact(fact).is_none()) {
        eprintln!("ocweb-contract: docs/opencode.md has no fact “{unknown}”.");
        return ExitCode::from(2);
    }
    let begin = Instant::now();
    match examine(&program, &facts).await {
        Ok(findings) => {
            let broken = findings.iter().filter(|finding| !finding.is_kept()).count();
            if json {
                println!("{}", serde_json::json!({"broken": broken, "facts": findings}));
            } else {
                for finding in &findings {
                    println!("{finding}");
                }
                println!(
                    "{} kept, {broken} broken, in {} s",
                    findings.len() - broken,
                    begin.elapsed().as_secs()
                );
            }
            ExitCode::from(u8::from(broken > 0))
        }
        Err(error) => {
            eprintln!("ocweb-contract: {error}");
            ExitCode::from(2)
        }
    }
}
