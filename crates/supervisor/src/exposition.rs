//! Prometheus' text format: read from every service, put together as one document.
//!
//! The format wants each family once, with all its samples behind its head. And one line that is not understood costs the
//! whole scrape, so what a service says is read strictly, and taken whole or not at all: two of the services run as the
//! agent's user, and whoever took the place of one must not be able to speak for another, or to silence all.

use std::collections::{BTreeMap, HashSet};

/// What all names of ours begin with.
const PREFIX: &str = "ocweb_";

/// The label that says who is spoken of.
const SERVICE: &str = "service";

/// Labels by which Prometheus tells one ocweb from another: who brings its own would speak for somebody else's.
const OF_PROMETHEUS: [&str; 4] = ["instance", "job", "namespace", "pod"];

/// The labels that what the agent's services tell has. Whoever took the place of one could make up others, and each is a
/// series more that Prometheus keeps.
const OF_THE_AGENTS: [&str; 7] = ["method", "route", "status", "le", "call", "outcome", "owner"];

/// The most values of theirs. A git-manager of which every route was asked with every outcome tells some 1,200.
const MOST_OF_THE_AGENTS: usize = 2_000;

/// The most bytes of a label's value of theirs: a route's template is the longest.
const LONGEST_OF_THE_AGENTS: usize = 100;

/// What a family is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    const ALL: [(&'static str, Self); 3] =
        [("counter", Self::Counter), ("gauge", Self::Gauge), ("histogram", Self::Histogram)];

    fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(name, kind)| (name == text).then_some(kind))
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find_map(|(name, kind)| (kind == self).then_some(name)).unwrap_or_default()
    }

    /// Whether a sample of a family may end so.
    fn allows(self, suffix: &str) -> bool {
        match self {
            Self::Counter | Self::Gauge => suffix.is_empty(),
            Self::Histogram => ["_bucket", "_sum", "_count"].contains(&suffix),
        }
    }
}

/// All values of one name.
#[derive(Debug)]
struct Family {
    help: String,
    kind: Kind,
    /// Whole lines.
    samples: Vec<String>,
}

/// A document that is put together.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    families: BTreeMap<String, Family>,
}

/// Why a service's metrics were left out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// A line is not of the format, or not where it belongs.
    #[error("line {0} is not understood")]
    Line(usize),
    /// A value is told twice.
    #[error("line {0} tells a value a second time")]
    Twice(usize),
    /// Others say that this is something else.
    #[error("{0} is of another kind where others tell it")]
    Kind(String),
    /// It is another's to tell.
    #[error("{0} is not for this service to tell")]
    Foreign(String),
    /// It is more than such a service has to tell.
    #[error("it tells more than {MOST_OF_THE_AGENTS} values")]
    TooMany,
}

impl Exposition {
    /// Adds what a service says of itself: all of it, or nothing. Of two that disagree on what a name is, the first holds.
    /// One with a list of `names` is the agent's: it may tell those and no others, and only so much.
    pub(crate) fn add(&mut self, service: &str, names: Option<&[&str]>, text: &str) -> Result<(), Malformed> {
        let families = read(text, Some(service), names.is_some())?;
        let samples: usize = families.values().map(|family| family.samples.len()).sum();
        if names.is_some() && samples > MOST_OF_THE_AGENTS {
            return Err(Malformed::TooMany);
        }
        for (name, family) in &families {
            if names.is_some_and(|names| !names.contains(&name.as_str())) {
                return Err(Malformed::Foreign(name.clone()));
            }
            if self.families.get(name).is_some_and(|known| known.kind != family.kind) {
                return Err(Malformed::Kind(name.clone()));
            }
        }
        for (name, family) in families {
            match self.families.get_mut(&name) {
                Some(known) => known.samples.extend(family.samples),
                None => drop(self.families.insert(name, family)),
            }
        }
        Ok(())
    }

    /// Adds what the supervisor itself knows, of whomever, in place of whatever was said under the same names.
    pub(crate) fn add_own(&mut self, text: &str) -> Result<(), Malformed> {
        self.families.extend(read(text, None, false)?);
        Ok(())
    }

    /// The document.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, Family { help, kind, samples }) in &self.families {
            text.extend(["# HELP ", name, " ", help, "\n# TYPE ", name, " ", kind.name(), "\n"]);
            text.extend(samples.iter().flat_map(|sample| [sample, "\n"]));
        }
        text
    }
}

/// Reads a document in which each family is once, its `HELP` first, then its `TYPE`, then its samples. Each sample is given
/// the label of `service`, if there is one; one of the agent's has only the labels that are known.
fn read(
    text: &str,
    service: Option<&str>,
    is_the_agents: bool,
) -> Result<BTreeMap<String, Family>, Malformed> {
    let mut families = BTreeMap::new();
    let mut current: Option<(String, Family)> = None;
    let mut help: Option<(&str, &str)> = None;
    let mut told = HashSet::new();
    for (line, number) in text.split_terminator('\n').zip(1..) {
        let wrong = || Malformed::Line(number);
        if let Some(head) = line.strip_prefix("# HELP ") {
            let (name, words) = head.split_once(' ').ok_or_else(wrong)?;
            if help.is_some() || !is_ours(name) || !is_escaped(words, "\\n") {
                return Err(wrong());
            }
            families.extend(current.take());
            help = Some((name, words));
        } else if let Some(head) = line.strip_prefix("# TYPE ") {
            let (name, kind) = head.split_once(' ').ok_or_else(wrong)?;
            let (_, words) = help.take().filter(|(helped, _)| *helped == name).ok_or_else(wrong)?;
            let kind = Kind::read(kind).ok_or_else(wrong)?;
            if families.contains_key(name) {
                return Err(wrong());
            }
            current = Some((name.to_owned(), Family { help: words.to_owned(), kind, samples: Vec::new() }));
        } else {
            let (name, family) = current.as_mut().filter(|_| help.is_none()).ok_or_else(wrong)?;
            let sample = Sample::read(line, service.is_none()).ok_or_else(wrong)?;
            if !sample.name.strip_prefix(name.as_str()).is_some_and(|suffix| family.kind.allows(suffix)) {
                return Err(wrong());
            }
            if is_the_agents && !sample.labels.iter().all(is_known) {
                return Err(wrong());
            }
            if !told.insert((sample.name, sample.sorted_labels())) {
                return Err(Malformed::Twice(number));
            }
            family.samples.push(sample.with_service(service));
        }
    }
    families.extend(current);
    if help.is_some() || families.values().any(|family| family.samples.is_empty()) {
        return Err(Malformed::Line(text.split_terminator('\n').count()));
    }
    Ok(families)
}

/// One line with a value.
struct Sample<'a> {
    name: &'a str,
    /// Names and values, the latter with their escapes.
    labels: Vec<(&'a str, &'a str)>,
    value: &'a str,
}

impl<'a> Sample<'a> {
    fn read(line: &'a str, may_name_service: bool) -> Option<Self> {
        let end = line.find(['{', ' '])?;
        let (name, mut rest) = line.split_at(end);
        let mut labels = Vec::new();
        if let Some(inner) = rest.strip_prefix('{') {
            rest = inner;
            loop {
                let (label, behind) = rest.split_once("=\"")?;
                let length = end_of_value(behind)?;
                let (value, behind) = behind.split_at(length);
                let is_taken = OF_PROMETHEUS.contains(&label) || (label == SERVICE && !may_name_service);
                if !is_name(label) || is_taken || !is_escaped(value, "\\n\"") {
                    return None;
                }
                labels.push((label, value));
                match behind.strip_prefix('"')? {
                    behind if behind.starts_with(',') => rest = &behind[1..],
                    behind => break rest = behind.strip_prefix('}')?,
                }
            }
        }
        let value = rest.strip_prefix(' ')?;
        let mut names: Vec<_> = labels.iter().map(|(label, _)| label).collect();
        names.sort_unstable();
        let is_sound = is_ours(name) && is_number(value) && names.windows(2).all(|pair| pair[0] != pair[1]);
        is_sound.then_some(Self { name, labels, value })
    }

    /// What tells it from the other values of its name.
    fn sorted_labels(&self) -> Vec<(&'a str, &'a str)> {
        let mut labels = self.labels.clone();
        labels.sort_unstable();
        labels
    }

    fn with_service(&self, service: Option<&str>) -> String {
        let labels: Vec<_> = service
            .map(|service| (SERVICE, service))
            .into_iter()
            .chain(self.labels.iter().copied())
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        let Self { name, value, .. } = self;
        if labels.is_empty() {
            format!("{name} {value}")
        } else {
            format!("{name}{{{}}} {value}", labels.join(","))
        }
    }
}

/// Whether a label is one that the agent's services have.
fn is_known((name, value): &(&str, &str)) -> bool {
    OF_THE_AGENTS.contains(name) && value.len() <= LONGEST_OF_THE_AGENTS
}

/// Whether Prometheus reads it as a number. Rust reads more: `+nan`, `infinity`, and `1e400` as one without an end.
fn is_number(text: &str) -> bool {
    let is_plain = || text.bytes().all(|byte| byte.is_ascii_digit() || b"-+.eE".contains(&byte));
    let is_finite = || text.parse::<f64>().is_ok_and(f64::is_finite);
    ["NaN", "+Inf", "-Inf"].contains(&text) || (is_plain() && is_finite())
}

/// Where the value of a label ends that begins a text.
fn end_of_value(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })
}

/// Whether each backslash stands before one of these.
fn is_escaped(text: &str, escapes: &str) -> bool {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\\' && !characters.next().is_some_and(|next| escapes.contains(next)) {
            return false;
        }
    }
    true
}

fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX) && is_name(name)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const THINGS: &str = "# HELP ocweb_things_total Things.\n# TYPE ocweb_things_total counter\n";

    fn one(text: &str) -> Result<String, Malformed> {
        let mut exposition = Exposition::default();
        exposition.add("auth", None, text).map(|()| exposition.to_text())
    }

    #[test]
    fn a_family_of_several_services_is_told_once() {
        let up = "# HELP ocweb_up Up.\n# TYPE ocweb_up gauge\nocweb_up{service=\"auth\"} 1\n";
        let mut exposition = Exposition::default();
        exposition.add("auth", None, &format!("{THINGS}ocweb_things_total{{kind=\"a\"}} 2\n")).unwrap();
        let notifier = "# HELP ocweb_other Other.\n# TYPE ocweb_other gauge\nocweb_other 3\n";
        exposition.add("notifier", None, &format!("{THINGS}ocweb_things_total 4\n{notifier}")).unwrap();
        exposition.add_own(up).unwrap();
        let expected = "# HELP ocweb_other Other.\n# TYPE ocweb_other gauge\nocweb_other{service=\"notifier\"} 3\n\
            # HELP ocweb_things_total Things.\n# TYPE ocweb_things_total counter\n\
            ocweb_things_total{service=\"auth\",kind=\"a\"} 2\nocweb_things_total{service=\"notifier\"} 4\n";
        assert_eq!(exposition.to_text(), format!("{expected}{up}"));
    }

    #[test]
    fn values_and_labels_of_every_shape_pass_as_they_are() {
        let histogram = "# HELP ocweb_seconds It took \\\\ so long.\n# TYPE ocweb_seconds histogram\n";
        let samples = [
            r#"ocweb_seconds_bucket{service="auth",route="/a/{id}",le="0.5"} 1"#,
            r#"ocweb_seconds_bucket{service="auth",route="/a/{id}",le="+Inf"} 2"#,
            r#"ocweb_seconds_sum{service="auth",route="a \"b\", c=\"d\\"} 1.5e-7"#,
            r#"ocweb_seconds_count{service="auth",route=""} 2"#,
            r#"ocweb_seconds_sum{service="auth",route="b"} NaN"#,
            r#"ocweb_seconds_sum{service="auth",route="c"} +Inf"#,
            r#"ocweb_seconds_sum{service="auth",route="d"} -Inf"#,
            r#"ocweb_seconds_sum{service="auth",route="e"} -1.5E+300"#,
        ];
        let text = format!("{histogram}{}\n", samples.join("\n"));
        assert_eq!(one(&text.replace(r#"service="auth","#, "")).unwrap(), text);
        assert_eq!(one("").unwrap(), "");
    }

    #[test]
    fn nobody_speaks_for_another() {
        let mut exposition = Exposition::default();
        exposition.add("auth", None, &format!("{THINGS}ocweb_things_total 1\n")).unwrap();
        let before = exposition.to_text();
        let another = format!("{}ocweb_things_total 1\n", THINGS.replace("counter", "gauge"));
        let refused = exposition.add("git-manager", None, &another);
        assert_eq!(refused, Err(Malformed::Kind("ocweb_things_total".into())));
        let forged = format!("{THINGS}ocweb_things_total{{service=\"auth\"}} 9\n");
        assert_eq!(exposition.add("git-manager", None, &forged), Err(Malformed::Line(3)));
        for label in ["instance", "job", "namespace", "pod"] {
            let elsewhere = format!("{THINGS}ocweb_things_total{{{label}=\"other\"}} 9\n");
            assert_eq!(exposition.add("git-manager", None, &elsewhere), Err(Malformed::Line(3)), "{label}");
        }
        let unlisted = format!("{THINGS}ocweb_things_total 9\n");
        let refused = exposition.add("git-manager", Some(&["ocweb_clones"]), &unlisted);
        assert_eq!(refused, Err(Malformed::Foreign("ocweb_things_total".into())));
        assert_eq!(exposition.to_text(), before);
        let mut listed = Exposition::default();
        listed.add("git-manager", Some(&["ocweb_things_total"]), &unlisted).unwrap();

        let up = |value| format!("# HELP ocweb_up Up.\n# TYPE ocweb_up gauge\nocweb_up{value}\n");
        exposition.add("git-manager", None, &up(" 1")).unwrap();
        exposition.add_own(&up("{service=\"git-manager\"} 0")).unwrap();
        assert_eq!(exposition.to_text(), before + &up("{service=\"git-manager\"} 0"));
    }

    #[test]
    fn the_agent_cannot_make_up_series_without_end() {
        let tell = |samples: &str| {
            let text = format!("{THINGS}{samples}");
            Exposition::default().add("git-manager", Some(&["ocweb_things_total"]), &text)
        };
        let routes = |number: usize| {
            let line = |number| format!("ocweb_things_total{{route=\"/{number}\",method=\"GET\"}} 1\n");
            (0..number).map(line).collect::<Vec<_>>().concat()
        };
        assert_eq!(tell(&routes(MOST_OF_THE_AGENTS)), Ok(()));
        assert_eq!(tell(&routes(MOST_OF_THE_AGENTS + 1)), Err(Malformed::TooMany));
        assert_eq!(tell("ocweb_things_total{a=\"1\"} 1\n"), Err(Malformed::Line(3)));
        let long = format!("ocweb_things_total{{route=\"{}\"}} 1\n", "x".repeat(LONGEST_OF_THE_AGENTS + 1));
        assert_eq!(tell(&long), Err(Malformed::Line(3)));
    }

    #[test]
    fn what_prometheus_would_refuse_is_left_out() {
        for sample in [
            "ocweb_things_total",
            "ocweb_things_total x",
            "ocweb_things_total +nan",
            "ocweb_things_total nan",
            "ocweb_things_total inf",
            "ocweb_things_total infinity",
            "ocweb_things_total 1e400",
            "ocweb_things_total -1e400",
            "ocweb_things_total 1_000",
            "ocweb_things_total e",
            "ocweb_things_total 1 2",
            "ocweb_things_total  1",
            "ocweb_things_total{} 1",
            "ocweb_things_total{a=\"b\" 1",
            "ocweb_things_total{a=\"b\"",
            "ocweb_things_total{a=\"b\",} 1",
            "ocweb_things_total{a=\"\\x\"} 1",
            "ocweb_things_total{A-B=\"c\"} 1",
            "ocweb_things_total{a=\"1\",a=\"2\"} 1",
            "ocweb_things_total_sum 1",
            "ocweb_others_total 1",
            "go_goroutines 1",
            "# EOF",
            "",
        ] {
            assert_eq!(one(&format!("{THINGS}{sample}\n")), Err(Malformed::Line(3)), "{sample}");
        }
        let twice = format!(
            "{THINGS}ocweb_things_total{{a=\"1\",b=\"2\"}} 1\nocweb_things_total{{b=\"2\",a=\"1\"}} 1\n"
        );
        assert_eq!(one(&twice), Err(Malformed::Twice(4)));
        for text in [
            "ocweb_things_total 1\n",
            "# HELP ocweb_a A.\n",
            "# TYPE ocweb_a gauge\nocweb_a 1\n",
            "# HELP ocweb_a A.\n# TYPE ocweb_a gauge\n",
            "# HELP ocweb_a A.\n# TYPE ocweb_a summary\nocweb_a 1\n",
            "# HELP ocweb_a A.\n# TYPE ocweb_b gauge\nocweb_b 1\n",
            "# HELP ocweb_a A\\q.\n# TYPE ocweb_a gauge\nocweb_a 1\n",
            &format!("{THINGS}ocweb_things_total 1\n{THINGS}ocweb_things_total 2\n"),
            "<!doctype html>",
            "{\"healthy\":true}",
        ] {
            assert!(one(text).is_err(), "{text}");
        }
    }
}
