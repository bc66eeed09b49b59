//! One line of a prompt, understood.
//!
//! | line | what the model does |
//! |---|---|
//! | `say 200 words`, `say 200 words at 50 per second` | says [`numbered_words`], 40 per second unless told |
//! | `say: some *text*` | says the text; `\n` begins a new line |
//! | `think 50 words` | reasons before it answers |
//! | `run: git status` | runs a shell command |
//! | `write notes.md: one\ntwo` | writes a file |
//! | `edit README.md: old => new` | replaces a text in a file |
//! | `read README.md` | reads a file |
//! | `todo: plan; build; test` | writes the todo list |
//! | `ask: Which one? \| this \| that` | asks the user |
//! | `subagent: run: ls ; say: done` | starts a subagent; ` ; ` separates its lines |
//! | `call files_list: {"path": "."}` | calls any other tool, such as an MCP server's |
//! | `fail 429`, `fail 500 once` | answers with that status, always or the first time |
//! | `stall` | says nothing more until the client goes away |
//! | `wait 3 seconds` | waits |

use std::time::Duration;

use serde_json::{Value, json};

/// Words per second unless the prompt says otherwise.
const DEFAULT_PACE: u32 = 40;

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Directive {
    /// Text of the answer.
    Say {
        /// What to say.
        text: String,
        /// How fast.
        words_per_second: u32,
    },
    /// Reasoning.
    Think {
        /// What to think.
        text: String,
    },
    /// Nothing, for a while.
    Wait(Duration),
    /// An error in place of an answer.
    Fail {
        /// The HTTP status.
        status: u16,
        /// Only the first time that this turn is asked for.
        once: bool,
    },
    /// Nothing, until the client goes away.
    Stall,
    /// A tool call.
    Call(Tool),
}

/// A tool of opencode, with what it is to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    /// Runs a shell command.
    Bash {
        /// The command.
        command: String,
    },
    /// Writes a whole file.
    Write {
        /// Path, relative to the working copy.
        path: String,
        /// All of the file.
        content: String,
    },
    /// Replaces a text that occurs once in a file.
    Edit {
        /// Path, relative to the working copy.
        path: String,
        /// What is there.
        old: String,
        /// What is to be there.
        new: String,
    },
    /// Reads a file.
    Read {
        /// Path, relative to the working copy.
        path: String,
    },
    /// Replaces the todo list.
    Todo {
        /// The entries; the first one is in progress.
        items: Vec<String>,
    },
    /// Asks the user.
    Question {
        /// The question.
        question: String,
        /// What can be answered.
        options: Vec<String>,
    },
    /// Starts a subagent.
    Task {
        /// What it is told.
        prompt: String,
    },
    /// Any other.
    Other {
        /// What opencode calls it.
        name: String,
        /// What it is given: a JSON object.
        arguments: Value,
    },
}

impl Directive {
    /// Reads a line. `None` when these are plain words.
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        if line.eq_ignore_ascii_case("stall") {
            return Some(Self::Stall);
        }
        if let Some((verb, rest)) = line.split_once(':')
            && let Some(directive) = Self::with_text(&verb.to_lowercase(), verb, rest.trim())
        {
            return Some(directive);
        }
        Self::with_numbers(&line.to_lowercase().split_whitespace().collect::<Vec<_>>()).or_else(|| {
            let path = strip_word(line, "read")?;
            (!path.contains(' ')).then(|| Self::Call(Tool::Read { path: path.into() }))
        })
    }

    /// `verb: text` and `verb path: text`.
    fn with_text(verb: &str, spelled: &str, text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let list = |separator| text.split(separator).map(|item| item.trim().to_owned()).collect::<Vec<_>>();
        Some(match verb {
            "say" => Self::Say { text: unescape(text), words_per_second: DEFAULT_PACE },
            "run" => Self::Call(Tool::Bash { command: text.into() }),
            "todo" => Self::Call(Tool::Todo { items: list(';') }),
            "ask" => {
                let mut parts = list('|').into_iter();
                let question = parts.next()?;
                Self::Call(Tool::Question { question, options: parts.collect() })
            }
            "subagent" => Self::Call(Tool::Task { prompt: text.replace(" ; ", "\n").replace("\\n", "\n") }),
            _ => {
                if let Some(path) = strip_word(spelled, "write") {
                    Self::Call(Tool::Write { path: path.into(), content: unescape(text) })
                } else if let Some(name) = strip_word(spelled, "call") {
                    let arguments = serde_json::from_str(text).ok().filter(Value::is_object)?;
                    Self::Call(Tool::Other { name: name.into(), arguments })
                } else {
                    let path = strip_word(spelled, "edit")?.into();
                    let (old, new) = text.split_once("=>")?;
                    Self::Call(Tool::Edit { path, old: unescape(old.trim()), new: unescape(new.trim()) })
                }
            }
        })
    }

    /// `say 200 words at 50 per second` and the like.
    fn with_numbers(words: &[&str]) -> Option<Self> {
        let say = |count: &str, pace: u32| {
            let count = count.parse().ok()?;
            (count > 0 && pace > 0).then(|| Self::Say { text: numbered_words(count), words_per_second: pace })
        };
        match *words {
            ["say", count, "word" | "words"] => say(count, DEFAULT_PACE),
            ["say", count, "word" | "words", "at", pace, "per", "second"] => say(count, pace.parse().ok()?),
            ["think", count, "word" | "words"] => {
                Some(Self::Think { text: numbered_words(count.parse().ok()?) })
            }
            ["wait", count, "second" | "seconds"] => {
                Some(Self::Wait(Duration::try_from_secs_f64(count.parse().ok()?).ok()?))
            }
            ["fail", status] => Some(Self::Fail { status: failing(status)?, once: false }),
            ["fail", status, "once"] => Some(Self::Fail { status: failing(status)?, once: true }),
            _ => None,
        }
    }
}

impl Tool {
    /// What opencode calls it.
    pub fn name(&self) -> &str {
        match self {
            Self::Bash { .. } => "bash",
            Self::Write { .. } => "write",
            Self::Edit { .. } => "edit",
            Self::Read { .. } => "read",
            Self::Todo { .. } => "todowrite",
            Self::Question { .. } => "question",
            Self::Task { .. } => "task",
            Self::Other { name, .. } => name,
        }
    }

    /// What it is given. Paths are made absolute, as the tools ask for, below `directory`.
    pub fn arguments(&self, directory: &str) -> Value {
        let absolute = |path: &str| {
            if path.starts_with('/') || directory.is_empty() {
                path.to_owned()
            } else {
                format!("{}/{path}", directory.trim_end_matches('/'))
            }
        };
        match self {
            Self::Bash { command } => json!({"command": command}),
            Self::Write { path, content } => json!({"filePath": absolute(path), "content": content}),
            Self::Edit { path, old, new } => {
                json!({"filePath": absolute(path), "oldString": old, "newString": new})
            }
            Self::Read { path } => json!({"filePath": absolute(path)}),
            Self::Todo { items } => {
                let todos = items.iter().enumerate().map(|(index, item)| {
                    let status = if index == 0 { "in_progress" } else { "pending" };
                    json!({"content": item, "status": status, "priority": "medium"})
                });
                json!({"todos": todos.collect::<Vec<_>>()})
            }
            Self::Question { question, options } => {
                let options = options.iter().map(|label| json!({"label": label, "description": label}));
                let header: String = question.chars().take(30).collect();
                json!({"questions": [{
                    "question": question, "header": header, "options": options.collect::<Vec<_>>(),
                }]})
            }
            Self::Task { prompt } => json!({
                "description": "Work on a part",
                "prompt": prompt,
                "subagent_type": "general",
            }),
            Self::Other { arguments, .. } => arguments.clone(),
        }
    }
}

/// `river1 stone2 cloud3 …`: words that differ, so that two transcripts can be compared.
pub fn numbered_words(count: usize) -> String {
    const WORDS: [&str; 12] = [
        "river", "stone", "cloud", "lantern", "meadow", "harbor", "violet", "copper", "thunder", "orchard",
        "pebble", "willow",
    ];
    let words = (1..=count).zip(WORDS.iter().cycle()).map(|(number, word)| format!("{word}{number}"));
    words.collect::<Vec<_>>().join(" ")
}

/// The rest of a line that begins with `word`, if something follows.
fn strip_word<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let (first, rest) = line.trim().split_once(char::is_whitespace)?;
    let rest = rest.trim();
    (first.eq_ignore_ascii_case(word) && !rest.is_empty()).then_some(rest)
}

fn failing(status: &str) -> Option<u16> {
    status.parse().ok().filter(|status| (400..600).contains(status))
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Tool {
        match Directive::parse(line) {
            Some(Directive::Call(tool)) => tool,
            other => panic!("{line:?} was read as {other:?}"),
        }
    }

    #[test]
    fn numbers_are_read_in_any_case_and_spacing() {
        let three = numbered_words(3);
        assert_eq!(three, "river1 stone2 cloud3");
        assert_eq!(
            Directive::parse("  SAY 3  words"),
            Some(Directive::Say { text: three.clone(), words_per_second: 40 })
        );
        assert_eq!(
            Directive::parse("say 3 words at 7 per second"),
            Some(Directive::Say { text: three.clone(), words_per_second: 7 })
        );
        assert_eq!(Directive::parse("Think 3 words"), Some(Directive::Think { text: three }));
        assert_eq!(Directive::parse("wait 0.5 seconds"), Some(Directive::Wait(Duration::from_millis(500))));
        assert_eq!(Directive::parse("fail 429"), Some(Directive::Fail { status: 429, once: false }));
        assert_eq!(Directive::parse("fail 500 once"), Some(Directive::Fail { status: 500, once: true }));
        assert_eq!(Directive::parse("Stall"), Some(Directive::Stall));
    }

    #[test]
    fn text_keeps_its_case_and_its_colons() {
        assert_eq!(call("run: echo A: b"), Tool::Bash { command: "echo A: b".into() });
        assert_eq!(
            call("Write src/A.txt: one\\ntwo: 2"),
            Tool::Write { path: "src/A.txt".into(), content: "one\ntwo: 2".into() }
        );
        assert_eq!(
            call("edit README.md: Hello => Good day"),
            Tool::Edit { path: "README.md".into(), old: "Hello".into(), new: "Good day".into() }
        );
        assert_eq!(call("read src/main.rs"), Tool::Read { path: "src/main.rs".into() });
        assert_eq!(call("todo: a; b"), Tool::Todo { items: vec!["a".into(), "b".into()] });
        assert_eq!(
            call("ask: Which? | this | that one"),
            Tool::Question { question: "Which?".into(), options: vec!["this".into(), "that one".into()] }
        );
        assert_eq!(
            call(r#"call files_list: {"path": "a: b"}"#),
            Tool::Other { name: "files_list".into(), arguments: json!({"path": "a: b"}) }
        );
        assert_eq!(call("subagent: run: ls ; say: done"), Tool::Task { prompt: "run: ls\nsay: done".into() });
    }

    #[test]
    fn plain_words_are_no_directive() {
        for line in [
            "fix the readme",
            "read the manual please",
            "say hello to everybody",
            "fail 200",
            "fail soon",
            "say 0 words",
            "run:",
            "write: no path",
            "edit a: no arrow",
            "call me: later",
            "note: this is important",
            "",
            "wait -1 seconds",
            "wait 1e300 seconds",
        ] {
            assert_eq!(Directive::parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn paths_are_made_absolute() {
        let tool = Tool::Read { path: "a/b".into() };
        assert_eq!(tool.arguments("/work/copy")["filePath"], "/work/copy/a/b");
        assert_eq!(Tool::Read { path: "/etc/x".into() }.arguments("/work")["filePath"], "/etc/x");
    }
}
