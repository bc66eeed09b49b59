//! What a level means, as rules of opencode. Pure.
//!
//! A session's rules come after those of the agent that works in it, and the last one that matches holds. So a level
//! that just said its word would also allow what the configuration denies, and what plan mode is denied. Therefore the
//! agent's rules are gone through in their order, and each is said again: a refusal as it is, and whatever else in the
//! words of the level. What is refused stays refused, with its exceptions; all else is as the level says.

use ocweb_opencode_client::{PermissionAction, PermissionRule};

use super::Permissions;

/// With these it only looks around, and says what it is about. They stay as they are configured: opencode itself
/// has it ask before it reads an `.env`.
const LOOKING: [&str; 10] =
    ["read", "glob", "grep", "list", "lsp", "todowrite", "todoread", "question", "plan_enter", "plan_exit"];
/// Changing files, by whichever tool.
const EDITING: &str = "edit";
/// Leaving the working copy, asked about besides what is done there.
const LEAVING: &str = "external_directory";
const ANYTHING: &str = "*";

impl Permissions {
    /// The rules that say so in a session in which an agent of these rules works, whatever others were there before.
    pub(super) fn rules(self, agent: &[PermissionRule]) -> Vec<PermissionRule> {
        // What no rule is about opencode asks about.
        let unruled = PermissionRule {
            permission: ANYTHING.into(),
            pattern: ANYTHING.into(),
            action: PermissionAction::Ask,
        };
        let mut rules: Vec<PermissionRule> = Vec::new();
        for rule in [unruled].iter().chain(agent).flat_map(|rule| self.say(rule)) {
            rules.retain(|earlier| {
                (&earlier.permission, &earlier.pattern) != (&rule.permission, &rule.pattern)
            });
            rules.push(rule);
        }
        rules
    }

    /// One rule of the agent in the words of this level.
    fn say(self, rule: &PermissionRule) -> Vec<PermissionRule> {
        let about = |permission: &str| PermissionRule {
            permission: permission.into(),
            pattern: rule.pattern.clone(),
            action: self.action(permission, rule),
        };
        if rule.action == PermissionAction::Deny {
            return vec![rule.clone()];
        }
        // A rule about many things is one for each of those that the level tells from the rest.
        let told_apart = LOOKING.into_iter().chain([EDITING]);
        let named = told_apart.filter(|name| *name != rule.permission && matches(name, &rule.permission));
        [rule.permission.as_str()].into_iter().chain(named).map(about).collect()
    }

    fn action(self, permission: &str, rule: &PermissionRule) -> PermissionAction {
        match (self, permission) {
            (Self::All, _) | (Self::Edits, EDITING) => PermissionAction::Allow,
            // A folder that the configuration names is as much its person's word as the level is.
            (_, LEAVING) if rule.pattern != ANYTHING => rule.action,
            _ if LOOKING.contains(&permission) => rule.action,
            _ => PermissionAction::Ask,
        }
    }
}

/// Whether a name is meant by what opencode would match it with.
fn matches(name: &str, wildcard: &str) -> bool {
    let mut rest = wildcard.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => {
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.into_iter().any(|at| matches(&name[at..], rest.as_str()))
        }
        Some(wanted) => {
            let mut name = name.chars();
            name.next().is_some_and(|first| wanted == '?' || wanted == first)
                && matches(name.as_str(), rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use PermissionAction::{Allow, Ask, Deny};

    use super::*;

    fn rule(permission: &str, pattern: &str, action: PermissionAction) -> PermissionRule {
        PermissionRule { permission: permission.into(), pattern: pattern.into(), action }
    }

    /// What opencode's rule of rules makes of an agent's and then a session's.
    fn action(
        level: Permissions,
        agent: &[PermissionRule],
        permission: &str,
        subject: &str,
    ) -> PermissionAction {
        let session = level.rules(agent);
        let mut all = agent.iter().chain(&session);
        let last = all.rfind(|rule| matches(permission, &rule.permission) && matches(subject, &rule.pattern));
        last.map_or(Ask, |rule| rule.action)
    }

    /// As opencode has it without a configuration.
    fn build() -> Vec<PermissionRule> {
        vec![
            rule("*", "*", Allow),
            rule("doom_loop", "*", Ask),
            rule("external_directory", "*", Ask),
            rule("external_directory", "/tmp/opencode/*", Allow),
            rule("question", "*", Deny),
            rule("read", "*", Allow),
            rule("read", "*.env", Ask),
            rule("question", "*", Allow),
        ]
    }

    fn plan() -> Vec<PermissionRule> {
        let mut rules = build();
        rules.extend([rule("edit", "*", Deny), rule("edit", ".opencode/plans/*.md", Allow)]);
        rules
    }

    #[test]
    fn a_level_decides_on_whatever_there_is() {
        for tool in ["bash", "webfetch", "task", "skill", "files_delete", "external_directory"] {
            assert_eq!(action(Permissions::Ask, &build(), tool, "x"), Ask, "{tool}");
            assert_eq!(action(Permissions::Edits, &build(), tool, "x"), Ask, "{tool}");
            assert_eq!(action(Permissions::All, &build(), tool, "x"), Allow, "{tool}");
        }
        assert_eq!(action(Permissions::Ask, &build(), "edit", "a.rs"), Ask);
        assert_eq!(action(Permissions::Edits, &build(), "edit", "a.rs"), Allow);
        for looking in ["read", "grep", "question", "todowrite"] {
            assert_eq!(action(Permissions::Ask, &build(), looking, "a.rs"), Allow, "{looking}");
        }
        assert_eq!(action(Permissions::Edits, &build(), "read", "a/.env"), Ask);
        assert_eq!(action(Permissions::All, &build(), "read", "a/.env"), Allow);
        assert_eq!(action(Permissions::Ask, &build(), "external_directory", "/tmp/opencode/x"), Allow);
    }

    #[test]
    fn what_is_denied_stays_denied_with_its_exceptions() {
        let mut configured = build();
        configured.extend([
            rule("bash", "*", Deny),
            rule("bash", "git *", Ask),
            rule("mcp_*", "*", Deny),
            rule("mcp_look", "*", Allow),
            rule("webfetch", "*", Deny),
        ]);
        for level in [Permissions::Ask, Permissions::Edits, Permissions::All] {
            let now = |permission, subject| action(level, &configured, permission, subject);
            let open = if level == Permissions::All { Allow } else { Ask };
            assert_eq!((now("bash", "rm x"), now("bash", "git push")), (Deny, open));
            assert_eq!((now("mcp_write", "*"), now("mcp_look", "*")), (Deny, open));
            assert_eq!(now("webfetch", "https://example.org"), Deny);
            // Of plan mode, too.
            assert_eq!(action(level, &plan(), "edit", "src/a.rs"), Deny);
            let edits = if level == Permissions::Ask { Ask } else { Allow };
            assert_eq!(action(level, &plan(), "edit", ".opencode/plans/a.md"), edits);
        }
        let nothing = [rule("*", "*", Deny), rule("read", "*", Allow)];
        assert_eq!(action(Permissions::All, &nothing, "bash", "ls"), Deny);
        assert_eq!(action(Permissions::All, &nothing, "read", "a"), Allow);
    }

    #[test]
    fn rules_about_many_things_are_told_apart() {
        let agent = [rule("*", "*", Ask), rule("*e*", "*.md", Allow)];
        assert_eq!(action(Permissions::Edits, &agent, "edit", "a.md"), Allow);
        assert_eq!(action(Permissions::Edits, &agent, "webfetch", "a.md"), Ask);
        assert_eq!(action(Permissions::Ask, &agent, "read", "a.md"), Allow);
        assert_eq!(action(Permissions::Ask, &agent, "read", "a.rs"), Ask);
    }

    #[test]
    fn no_rule_is_said_twice() {
        let rules = Permissions::Ask.rules(&build());
        let question: Vec<_> = rules.iter().filter(|rule| rule.permission == "question").collect();
        assert_eq!(question, [&rule("question", "*", Allow)]);
    }

    #[test]
    fn names_are_matched_as_opencode_does() {
        assert!(matches("mcp_look", "mcp_*") && matches("edit", "*") && matches("edit", "e?it"));
        assert!(!matches("edit", "edi") && !matches("edit", "?") && !matches("", "?") && matches("", "*"));
    }
}
