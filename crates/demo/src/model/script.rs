//! From a conversation to the next turn: a pure function.
//!
//! A prompt's directives are cut into turns, each of which ends with a tool call, the last one with
//! words. How many tool calls were made since the prompt says which turn is due, so nothing has to
//! be remembered between requests.

use super::{
    conversation::{Conversation, Wanted},
    directive::{Directive, Tool, numbered_words},
};

/// What the model does in one completion: words, thoughts and pauses, and at most one tool call, at
/// its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn(Vec<Directive>);

impl Turn {
    /// The steps, in order.
    pub fn steps(&self) -> &[Directive] {
        &self.0
    }

    /// The status to refuse the completion with, when failing comes first.
    pub fn refusal(&self) -> Option<u16> {
        match self.0.first() {
            Some(Directive::Fail { status, .. }) => Some(*status),
            _ => None,
        }
    }

    /// Leaves out what fails only once, if this turn was asked for before.
    pub fn forget_what_fails_only_once(&mut self, seen_before: bool) {
        if seen_before {
            self.0.retain(|step| !matches!(step, Directive::Fail { once: true, .. }));
        }
    }

    /// Puts a thought first, unless the turn fails or thinks anyway.
    pub fn think_first(&mut self) {
        if !matches!(self.0.first(), Some(Directive::Fail { .. } | Directive::Think { .. })) {
            self.0.insert(0, Directive::Think { text: numbered_words(24) });
        }
    }
}

/// What the model does next.
pub fn next_turn(conversation: &Conversation) -> Turn {
    match conversation.wanted {
        Wanted::Title => Turn(vec![say(title(&conversation.prompt))]),
        Wanted::Summary => Turn(vec![say(format!("So far: {}", title(&conversation.prompt)))]),
        Wanted::Words => Turn(vec![say(words(&conversation.prompt))]),
        Wanted::Chat => {
            let directives: Vec<_> = conversation.prompt.lines().filter_map(Directive::parse).collect();
            let directives =
                if directives.is_empty() { for_a_newcomer(&conversation.prompt) } else { directives };
            let mut turns = turns(directives);
            turns.nth(conversation.turns_taken).unwrap_or_else(|| Turn(vec![say("Done.".into())]))
        }
    }
}

/// What a commit or a pull request of the files that are listed would be called.
fn words(prompt: &str) -> String {
    let listed = prompt.lines().skip_while(|line| *line != "Changed files:").skip(1);
    let path = |line: &str| {
        let (_, rest) = line.split_once(' ')?;
        Some(rest.rsplit_once(" (+")?.0.to_owned())
    };
    let files: Vec<_> = listed.map_while(path).collect();
    match files.as_slice() {
        [] => "Change nothing".into(),
        [file] => format!("Change {file}\n\nThe demo's model proposes this."),
        [file, others @ ..] => {
            format!("Change {file} and {} more\n\nThe demo's model proposes this.", others.len())
        }
    }
}

/// Cuts after each tool call.
fn turns(directives: Vec<Directive>) -> impl Iterator<Item = Turn> {
    let mut rest = directives.into_iter().peekable();
    std::iter::from_fn(move || {
        rest.peek()?;
        let mut turn = Vec::new();
        for directive in rest.by_ref() {
            let is_call = matches!(directive, Directive::Call(_));
            turn.push(directive);
            if is_call {
                break;
            }
        }
        Some(Turn(turn))
    })
}

/// Words that are no directive: something small and believable, and what the demo understands.
fn for_a_newcomer(prompt: &str) -> Vec<Directive> {
    let note =
        format!("# Task\n\n{}\n\n- [ ] look around\n- [ ] change something\n- [ ] test it\n", prompt.trim());
    vec![
        say("I am the demo's model, so I cannot really think. I note the task down, as a real one might begin.".into()),
        Directive::Call(Tool::Write { path: "NOTES.md".into(), content: note }),
        Directive::Call(Tool::Bash { command: "git status --short".into() }),
        say(HELP.into()),
    ]
}

const HELP: &str = "I wrote your task to `NOTES.md`; the diff shows it.\n\n\
Each line of a prompt can tell me what to do:\n\n\
```\n\
say 200 words at 50 per second\n\
think 50 words\n\
run: ls -la\n\
read README.md\n\
write hello.txt: Hello\\nworld\n\
edit README.md: old text => new text\n\
todo: look; change; test\n\
ask: Which colour? | black | white\n\
subagent: run: git log --oneline ; say: That is all.\n\
fail 500 once\n\
wait 3 seconds\n\
```\n\n\
`run: rm …` and `run: git push …` ask for permission first.";

fn say(text: String) -> Directive {
    Directive::Say { text, words_per_second: 60 }
}

/// The first line of the prompt, cut between two words.
fn title(prompt: &str) -> String {
    const LONGEST: usize = 48;
    let line = prompt.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("New chat");
    let mut title = String::new();
    for word in line.split_whitespace() {
        if title.chars().count() + word.chars().count() >= LONGEST {
            break;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.push_str(word);
    }
    // A single word can be too long by itself.
    if title.is_empty() { line.chars().take(LONGEST).collect() } else { title }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(prompt: &str, turns_taken: usize) -> Conversation {
        Conversation { wanted: Wanted::Chat, prompt: prompt.into(), turns_taken, directory: String::new() }
    }

    #[test]
    fn each_tool_call_ends_a_turn_and_words_end_the_work() {
        let prompt = "say: first\nrun: ls\nthink 2 words\nsay: then\nrun: pwd";
        let turn = |taken| next_turn(&chat(prompt, taken)).0;
        let bash = |command: &str| Directive::Call(Tool::Bash { command: command.into() });
        assert_eq!(turn(0).last(), Some(&bash("ls")));
        assert_eq!(turn(0).len(), 2);
        assert_eq!(turn(1).last(), Some(&bash("pwd")));
        assert_eq!(turn(1).len(), 3);
        assert_eq!(turn(2), [say("Done.".into())]);
    }

    #[test]
    fn a_prompt_of_plain_words_is_noted_and_explained() {
        let turn = |taken| next_turn(&chat("fix the readme", taken)).0;
        assert!(
            matches!(turn(0).last(), Some(Directive::Call(Tool::Write { content, .. })) if content.contains("fix the readme"))
        );
        assert!(matches!(turn(1).last(), Some(Directive::Call(Tool::Bash { .. }))));
        assert!(matches!(&turn(2)[..], [Directive::Say { text, .. }] if text.contains("say 200 words")));
    }

    #[test]
    fn failing_comes_first_or_in_the_middle_and_once_only_the_first_time() {
        let mut turn = next_turn(&chat("fail 429 once\nsay: fine", 0));
        assert_eq!(turn.refusal(), Some(429));
        turn.forget_what_fails_only_once(true);
        assert_eq!(turn.refusal(), None);
        assert_eq!(next_turn(&chat("say: well\nfail 500", 0)).refusal(), None);
    }

    #[test]
    fn what_is_proposed_names_the_files() {
        let prompt = "Recent commits of the repository:\nnew x (+1 -1)\n\nChanged files:\nnew a b.md (+2 -0)\nchanged c (+1 -1)\n\n--- c\n+x (+1 -1)\n";
        assert!(words(prompt).starts_with("Change a b.md and 1 more\n\n"));
        assert!(words("Changed files:\nnew a (+2 -0)\n").starts_with("Change a\n\n"));
    }

    #[test]
    fn a_title_is_short_and_ends_between_words() {
        assert_eq!(title("\n  Fix the readme \nrun: ls"), "Fix the readme");
        assert_eq!(title(""), "New chat");
        let long = title(&"word ".repeat(40));
        assert!(long.len() < 50 && long.ends_with("word"), "{long}");
        assert_eq!(title(&"x".repeat(200)).len(), 48);
    }
}
