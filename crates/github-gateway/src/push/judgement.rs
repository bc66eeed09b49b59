//! Which pushes may go on. Pure, but for one question: what becomes of a branch.

use ocweb_git_access::BranchName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Command, Commands};

/// What the person allows the chats of one repository beyond their own branches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PushRules)]
pub struct Rules {
    /// Branches that chats may add commits to. None of them can be deleted or rewritten.
    #[serde(default)]
    #[schema(required)]
    pub branches: Vec<BranchName>,
    /// Whether chats may push tags. None can be moved or deleted.
    #[serde(default)]
    #[schema(required)]
    pub tags: bool,
}

/// What a push makes of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Commits are added, or it is made.
    Addition,
    /// Commits are added, and other submodules.
    Submodules,
    /// Commits that were there are there no more, or it cannot be told.
    Rewriting,
}

/// A push that does not go on: what is wrong, reference by reference, for whoever reads git's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// For each command of the push why it is refused, in the same order.
    pub reasons: Vec<String>,
    /// One sentence about the whole.
    pub sentence: String,
}

impl Refused {
    /// All of a push, for one reason.
    pub(crate) fn whole(commands: &Commands, reason: &str) -> Self {
        Self { reasons: vec![reason.into(); commands.list.len()], sentence: format!("ocweb: {reason}.") }
    }

    /// All of a push, with a sentence that was said already.
    pub(crate) fn said(commands: &Commands, sentence: String) -> Self {
        let reason = sentence.trim_start_matches("ocweb: ").trim_end_matches('.');
        Self { reasons: vec![reason.into(); commands.list.len()], sentence }
    }
}

/// Whether a chat may push this. `change` says what a branch becomes that goes on from one commit, or none, to another.
pub(crate) fn judge(
    commands: &Commands,
    own: &BranchName,
    rules: &Rules,
    change: impl Fn(Option<&str>, &str) -> Change,
) -> Result<(), Refused> {
    if commands.options {
        return Err(Refused::whole(commands, "push options (git push -o) do not pass through ocweb"));
    }
    let own_reference = format!("refs/heads/{own}");
    let wrong = |command: &Command| -> Option<String> {
        let Command { old, new, reference } = command;
        if *reference == own_reference {
            return None;
        }
        if reference.starts_with("refs/tags/") {
            return match (rules.tags, old, new) {
                (true, None, Some(_)) => None,
                (true, ..) => Some("a tag that is there stays as it is".into()),
                (false, ..) => Some("tags are not allowed in this repository".into()),
            };
        }
        let branch = reference.strip_prefix("refs/heads/");
        if !branch.is_some_and(|branch| rules.branches.iter().any(|allowed| allowed.as_str() == branch)) {
            return Some(format!("this chat may only push to {own}"));
        }
        let Some(new) = new else { return Some("only the chat's own branch may be deleted".into()) };
        match change(old.as_deref(), new) {
            Change::Addition => None,
            Change::Submodules => Some(
                "a change of .gitmodules decides what chats may read, so it goes through the chat's own branch".into(),
            ),
            Change::Rewriting => Some("only the chat's own branch may be rewritten".into()),
        }
    };
    let wrongs: Vec<_> = commands.list.iter().map(wrong).collect();
    let Some(first) = wrongs.iter().flatten().next() else { return Ok(()) };
    let sentence = format!(
        "ocweb: {first}. What goes through: git push origin HEAD:{own}. Only the person whose machine this is can allow more."
    );
    let reasons = wrongs.into_iter();
    let reasons = reasons
        .map(|wrong| wrong.unwrap_or_else(|| "another part of this push was refused".into()))
        .collect();
    Err(Refused { reasons, sentence })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn command(old: Option<&str>, new: Option<&str>, reference: &str) -> Command {
        Command { old: old.map(Into::into), new: new.map(Into::into), reference: reference.into() }
    }

    fn pushed(list: Vec<Command>) -> Commands {
        Commands { list, bands: true, options: false }
    }

    fn own() -> BranchName {
        "ocweb/fix-1".parse().unwrap()
    }

    fn allowed() -> Rules {
        Rules { branches: vec!["main".parse().unwrap()], tags: true }
    }

    fn reason(command: Command, rules: &Rules) -> Option<String> {
        let change = |old: Option<&str>, new: &str| match (old, new) {
            (None, "a") | (Some("a"), "b") => Change::Addition,
            (_, "c") => Change::Submodules,
            _ => Change::Rewriting,
        };
        judge(&pushed(vec![command]), &own(), rules, change).err().map(|refused| refused.reasons.concat())
    }

    #[test]
    fn the_own_branch_is_the_chats() {
        let rules = Rules::default();
        for (old, new) in
            [(None, Some("a")), (Some("a"), Some("b")), (Some("b"), Some("a")), (Some("a"), None)]
        {
            assert_eq!(reason(command(old, new, "refs/heads/ocweb/fix-1"), &rules), None);
        }
    }

    #[test]
    fn nothing_else_is_without_the_persons_word() {
        for reference in [
            "refs/heads/main",
            "refs/heads/ocweb/fix-12",
            "refs/heads/ocweb/fix-1/x",
            "refs/heads/OCWEB/fix-1",
            "refs/tags/ocweb/fix-1",
            "refs/tags/v1",
            "refs/notes/commits",
            "refs/pull/1/head",
            "refs/heads/refs/heads/ocweb/fix-1",
            "HEAD",
            "ocweb/fix-1",
        ] {
            assert!(reason(command(None, Some("a"), reference), &Rules::default()).is_some(), "{reference}");
        }
    }

    #[test]
    fn allowed_branches_are_added_to_and_nothing_more() {
        let rules = allowed();
        assert_eq!(reason(command(Some("a"), Some("b"), "refs/heads/main"), &rules), None);
        let rewritten = reason(command(Some("b"), Some("a"), "refs/heads/main"), &rules).unwrap();
        assert!(rewritten.contains("rewritten"), "{rewritten}");
        for old in [None, Some("a")] {
            let led = reason(command(old, Some("c"), "refs/heads/main"), &rules).unwrap();
            assert!(led.contains(".gitmodules"), "{led}");
        }
        let deleted = reason(command(Some("a"), None, "refs/heads/main"), &rules).unwrap();
        assert!(deleted.contains("deleted"), "{deleted}");
        assert_eq!(reason(command(None, Some("a"), "refs/tags/v1"), &rules), None);
        assert!(reason(command(Some("a"), Some("b"), "refs/tags/v1"), &rules).is_some());
        assert!(reason(command(Some("a"), None, "refs/tags/v1"), &rules).is_some());
    }

    #[test]
    fn one_wrong_reference_refuses_all_and_each_is_told() {
        let list = pushed(vec![
            command(None, Some("a"), "refs/heads/ocweb/fix-1"),
            command(Some("a"), Some("b"), "refs/heads/main"),
        ]);
        let refused = judge(&list, &own(), &Rules::default(), |_, _| Change::Addition).unwrap_err();
        assert_eq!(
            refused.reasons,
            ["another part of this push was refused", "this chat may only push to ocweb/fix-1"]
        );
        assert!(refused.sentence.contains("git push origin HEAD:ocweb/fix-1"), "{}", refused.sentence);
    }

    #[test]
    fn what_a_remote_could_act_on_besides_is_refused() {
        let own_branch = vec![command(None, Some("a"), "refs/heads/ocweb/fix-1")];
        let list = Commands { options: true, ..pushed(own_branch) };
        let refused = judge(&list, &own(), &allowed(), |_, _| Change::Addition).unwrap_err();
        assert!(refused.sentence.contains("push options"), "{}", refused.sentence);
        assert_eq!(refused.reasons.len(), 1);
    }

    proptest! {
        #[test]
        fn what_goes_on_without_rules_is_the_own_branch(reference in "(refs/(heads|tags)/)?[a-z/1-]{1,16}") {
            let list = pushed(vec![command(Some("a"), Some("b"), &reference)]);
            if judge(&list, &own(), &Rules::default(), |_, _| Change::Addition).is_ok() {
                prop_assert_eq!(reference, "refs/heads/ocweb/fix-1");
            }
        }
    }
}
