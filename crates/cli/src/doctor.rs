//! What can be wrong with an ocweb, from its person's side: symptoms, their causes, how each is seen and what to do.
//!
//! One list (`symptoms`) is the runbook in `docs/runbook.md` and what `ocweb doctor` looks through, so both say the same
//! words. Facts are collected once (`facts`); a check is a pure look at them.

mod checks;
mod facts;
mod symptoms;

use serde::Serialize;

pub use facts::Facts;
pub use symptoms::SYMPTOMS;

/// Something that a person sees.
#[derive(Debug)]
pub struct Symptom {
    /// In the person's words.
    pub title: &'static str,
    /// What may be behind it, the likeliest first.
    pub causes: &'static [Cause],
}

/// What may be behind a symptom.
#[derive(Debug)]
pub struct Cause {
    /// Its name for programs.
    pub id: &'static str,
    /// What it is: a sentence.
    pub is: &'static str,
    /// What to look at and do.
    pub cure: &'static str,
    /// How it is seen.
    pub seen: Seen,
}

/// How a cause is seen.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    /// By its person alone.
    ByYou,
    /// By this look, which tells what it found. It is a fault.
    Fault(fn(&Facts) -> Option<String>),
    /// By this look. It may be meant.
    Notice(fn(&Facts) -> Option<String>),
}

/// A cause that was found.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The symptom's title.
    pub symptom: &'static str,
    /// The cause's name.
    pub cause: &'static str,
    /// What it is.
    pub is: &'static str,
    /// What was found.
    pub found: String,
    /// What to do.
    pub cure: &'static str,
    /// Whether something is wrong; else it may be meant.
    pub fault: bool,
}

/// Everything that these facts tell.
pub fn examine(facts: &Facts) -> Vec<Finding> {
    let causes = SYMPTOMS.iter().flat_map(|symptom| symptom.causes.iter().map(move |cause| (symptom, cause)));
    causes
        .filter_map(|(symptom, cause)| {
            let (found, fault) = match cause.seen {
                Seen::ByYou => return None,
                Seen::Fault(look) => (look(facts)?, true),
                Seen::Notice(look) => (look(facts)?, false),
            };
            let Cause { id, is, cure, .. } = cause;
            Some(Finding { symptom: symptom.title, cause: id, is, found, cure, fault })
        })
        .collect()
}

/// The list as a document.
pub fn runbook() -> String {
    let mut text = String::from(
        "# When something is wrong\n\n<!-- Made by `ocweb doctor --runbook`; change crates/cli/src/doctor/symptoms.rs. -->\n\n\
         On the machine, `ocweb doctor` looks through this list and says what it finds, in the same words. From the phone: the page's \
         Debug screen can be copied, and a console of the host (`fly ssh console`, `docker exec`, `kubectl exec`, SSH) has the command.\n\n\
         In a pod nothing can be written into the config file, which is the chart's: where a line says `ocweb config set KEY VALUE`, put it under \
         `config:` of your values and `helm upgrade`; a secret goes into the Secret (docs/kubernetes.md). For a service of the machine each \
         command is root's: `sudo \"$(command -v ocweb)\" config set …`.\n",
    );
    for Symptom { title, causes } in SYMPTOMS {
        text.extend(["\n## ", title, "\n\n"]);
        for Cause { is, cure, seen, .. } in *causes {
            let by_doctor = if matches!(seen, Seen::ByYou) { "" } else { " *(the doctor sees it)*" };
            text.extend(["- **", is, "**", by_doctor, " ", cure, "\n"]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_is_the_list() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/runbook.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(written, runbook(), "write it anew: ocweb doctor --runbook > docs/runbook.md");
    }

    #[test]
    fn each_cause_has_a_name_of_its_own_and_says_what_to_do() {
        let causes: Vec<_> = SYMPTOMS.iter().flat_map(|symptom| symptom.causes).collect();
        let names: BTreeSet<_> = causes.iter().map(|cause| cause.id).collect();
        assert_eq!(names.len(), causes.len());
        assert!(causes.iter().all(|cause| cause.is.ends_with('.') && cause.cure.ends_with('.')));
    }
}
