//! Which paths fit what somebody typed, and which fits best.

/// How well a path fits; the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    fit: Fit,
    /// How many bytes of the path the letters are spread over.
    span: usize,
    length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    NameBegins,
    NameHolds,
    PathHolds,
    NameHasLetters,
    PathHasLetters,
}

/// How well a path fits a query in lower case without spaces, if all its letters are there in order.
pub(super) fn rank(query: &str, path: &str) -> Option<Rank> {
    let path = path.to_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let (fit, span) = if name.starts_with(query) {
        (Fit::NameBegins, query.len())
    } else if name.contains(query) {
        (Fit::NameHolds, query.len())
    } else if path.contains(query) {
        (Fit::PathHolds, query.len())
    } else if let Some(span) = span(query, name) {
        (Fit::NameHasLetters, span)
    } else {
        (Fit::PathHasLetters, span(query, &path)?)
    };
    Some(Rank { fit, span, length: path.len() })
}

/// What the letters of `query` are spread over in `text`: the end is found first, and from there the nearest
/// beginning.
fn span(query: &str, text: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    let mut end = 0;
    for wanted in query.chars() {
        end =
            letters.find(|(_, letter)| *letter == wanted).map(|(index, letter)| index + letter.len_utf8())?;
    }
    let mut backwards = text[..end].char_indices().rev();
    let mut begin = end;
    for wanted in query.chars().rev() {
        begin = backwards.find(|(_, letter)| *letter == wanted)?.0;
    }
    Some(end - begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'p>(query: &str, paths: &[&'p str]) -> Vec<&'p str> {
        let mut found: Vec<_> = paths.iter().filter_map(|path| Some((rank(query, path)?, *path))).collect();
        found.sort();
        found.into_iter().map(|(_, path)| path).collect()
    }

    #[test]
    fn the_name_counts_more_than_the_folders_and_the_near_more_than_the_far() {
        let paths = ["main/x.rs", "src/main.rs", "src/domain.rs", "src/m-a-i-n.rs", "my/art/in.rs", "other"];
        assert_eq!(
            best("main", &paths),
            ["src/main.rs", "src/domain.rs", "main/x.rs", "src/m-a-i-n.rs", "my/art/in.rs"]
        );
        assert_eq!(best("ünï", &["a/ÜNÏ.txt", "b"]), ["a/ÜNÏ.txt"]);
        assert_eq!(best("zz", &paths), [""; 0]);
    }
}
