//! What others wrote, within a sentence of ours.

/// The most that is shown of it, in characters.
const LONGEST: usize = 300;

/// A text on one line that can be shown, cut where it is long: what was refused is repeated, whatever it was.
pub fn printable(text: &str) -> String {
    let shown = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut shown: String = shown.take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push_str(" …");
    }
    shown
}
