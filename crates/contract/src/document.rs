//! The facts as `docs/opencode.md` has them: its table is the one place where they are put into words.

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// By what it is called here.
    pub id: &'static str,
    /// What is so.
    pub words: &'static str,
}

/// All facts, in their order.
pub fn facts() -> impl Iterator<Item = Fact> {
    let rows = include_str!("../../../docs/opencode.md").lines().filter(|line| line.starts_with("| `"));
    rows.filter_map(|row| {
        let (id, rest) = row.strip_prefix("| `")?.split_once("` | ")?;
        let (words, _) = rest.strip_suffix(" |")?.rsplit_once(" | ")?;
        Some(Fact { id, words })
    })
}

/// A fact by its name.
pub fn fact(id: &str) -> Option<Fact> {
    facts().find(|fact| fact.id == id)
}
