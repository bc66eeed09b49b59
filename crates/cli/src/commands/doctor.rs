//! `ocweb doctor`: looks through the runbook's list.

use serde_json::json;

use crate::{
    context::{Context, show},
    doctor::{self, Facts, Finding},
    failure::Failure,
    log_lines::inert,
};

/// Tells what is wrong, and fails where something is; or the list itself.
pub fn run(runbook: bool, context: &Context) -> Result<String, Failure> {
    if runbook {
        return Ok(doctor::runbook().trim_end().to_owned());
    }
    let findings = doctor::examine(&Facts::collect(context));
    let faults = findings.iter().filter(|finding| finding.fault).count();
    let shown = if context.manner.json {
        format!("{:#}", json!({ "healthy": faults == 0, "findings": findings }))
    } else {
        let findings = findings.iter().filter(|finding| finding.fault || !context.manner.quiet);
        findings.map(shown).collect::<Vec<_>>().join("\n\n")
    };
    if faults == 0 {
        let well = "Nothing is wrong that can be seen from here. docs/runbook.md has what only you can see.";
        context.say(well);
        return Ok(shown);
    }
    show(&shown);
    Err(Failure::Other(format!("{faults} found.")))
}

fn shown(finding: &Finding) -> String {
    let Finding { symptom, is, found, cure, fault, .. } = finding;
    let mark = if *fault { "✗" } else { "·" };
    let found = found.lines().map(inert).collect::<Vec<_>>().join("\n  ");
    format!("{mark} {symptom}: {is}\n  {found}\n  → {cure}")
}
