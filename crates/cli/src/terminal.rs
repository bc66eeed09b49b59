//! Questions to a person at a terminal, a line each, so that they work on 40 columns, with paste and over a slow line.
//!
//! The kernel edits the line, as at any login. What draws its own line instead goes wrong where the terminal is narrow or is
//! turned around, and leaves a terminal without an echo behind when it is interrupted. So Ctrl-C does not end the process
//! while it asks but the line, and every way out puts the terminal back.

use std::{
    io::{self, IsTerminal, Write},
    mem,
};

use rustix::{
    io::retry_on_intr,
    stdio::{stderr, stdin},
    termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr},
};

/// What Ctrl-C types.
const CTRL_C: u8 = 0x03;

/// Wider lines are not easier to read.
const WIDEST: usize = 78;

/// The kernel gives no longer line than this.
const LONGEST_LINE: usize = 4096;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Ctrl-C, Ctrl-D, or the terminal was closed.
    #[error("Stopped.")]
    Stopped,
    /// There is nobody to ask.
    #[error("the terminal cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// A terminal with a person at it. What is asked and said goes to standard error.
#[derive(Debug)]
pub struct Terminal {
    _private: (),
}

impl Terminal {
    /// The one that this process was started at, if it was.
    pub fn of_process() -> Option<Self> {
        (io::stdin().is_terminal() && io::stderr().is_terminal()).then_some(Self { _private: () })
    }

    /// Says something, in lines that fit.
    pub fn say(&self, text: &str) {
        eprintln!("{}", wrapped(text, width()));
    }

    /// Asks for a line; what is typed can be seen. Enter alone is the default, which may be nothing.
    pub fn ask(&self, question: &str, default: &str) -> Result<String, Unanswered> {
        let hint = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        let answer = self.line(&format!("{question}{hint}: "), true)?;
        Ok(if answer.is_empty() { default.to_owned() } else { answer })
    }

    /// Asks for a line that nobody is to see.
    pub fn ask_secret(&self, question: &str) -> Result<String, Unanswered> {
        self.line(&format!("{question} (not shown): "), false)
    }

    /// Asks for a yes or a no.
    pub fn confirm(&self, question: &str, default: bool) -> Result<bool, Unanswered> {
        loop {
            let hint = if default { "Y/n" } else { "y/N" };
            match self.line(&format!("{question} [{hint}] "), true)?.to_lowercase().as_str() {
                "" => return Ok(default),
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => self.say("Please answer y or n."),
            }
        }
    }

    /// Asks for one of several. `default` and the answer count from 0.
    pub fn choose(&self, question: &str, choices: &[&str], default: usize) -> Result<usize, Unanswered> {
        self.say(question);
        for (number, choice) in choices.iter().enumerate() {
            self.say(&format!("  {}  {choice}", number + 1));
        }
        loop {
            let answer = self.ask("Number", &(default + 1).to_string())?;
            match answer.parse::<usize>() {
                Ok(number) if (1..=choices.len()).contains(&number) => return Ok(number - 1),
                _ => self.say(&format!("Please answer a number from 1 to {}.", choices.len())),
            }
        }
    }

    fn line(&self, question: &str, is_shown: bool) -> Result<String, Unanswered> {
        loop {
            let typed = read_line(&wrapped(question, width()), is_shown)?;
            let Ok(text) = String::from_utf8(typed) else {
                self.say("That was no text in UTF-8. Once more:");
                continue;
            };
            let text = text.trim();
            if !text.contains(char::is_control) {
                return Ok(text.to_owned());
            }
            self.say("There was a key in it that is no letter. Once more:");
        }
    }
}

/// How wide a line may be.
fn width() -> usize {
    // A width of 0 is one that nobody knows.
    let columns = tcgetwinsize(stderr()).map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { WIDEST } else { columns.min(WIDEST) }
}

/// One line as it was typed. The question is shown once the terminal is ready for the answer.
fn read_line(question: &str, is_shown: bool) -> Result<Vec<u8>, Unanswered> {
    let mode = Mode::asking(is_shown)?;
    eprint!("{question}");
    io::stderr().flush()?;
    let mut line = vec![0; LONGEST_LINE];
    let length = retry_on_intr(|| rustix::io::read(stdin(), line.as_mut_slice())).map_err(io::Error::from)?;
    line.truncate(length);
    drop(mode);
    if line.is_empty() || line.ends_with(&[CTRL_C]) {
        eprintln!();
        return Err(Unanswered::Stopped);
    }
    if !line.ends_with(b"\n") {
        eprintln!();
    }
    Ok(line)
}

/// The terminal as it is while it asks; as it was, when this is dropped.
struct Mode {
    before: Termios,
}

impl Mode {
    fn asking(is_shown: bool) -> io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut mode = before.clone();
        mode.local_modes.insert(LocalModes::ICANON | LocalModes::ECHONL);
        mode.local_modes.set(LocalModes::ECHO, is_shown);
        // The keys that send signals are letters now, and Ctrl-C ends a line.
        mode.local_modes.remove(LocalModes::ISIG);
        mode.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        tcsetattr(stdin(), OptionalActions::Now, &mode)?;
        Ok(Self { before })
    }
}

impl Drop for Mode {
    fn drop(&mut self) {
        // Where this fails there is no terminal any more.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

/// The text in lines of at most `width` characters, broken between words; a word that is longer stays whole, so that an
/// address can be copied. What a line begins with is kept, and the lines that it is broken into are indented as far.
fn wrapped(text: &str, width: usize) -> String {
    let lines = text.split('\n').map(|line| {
        let indent = line.len() - line.trim_start().len();
        let mut lines = Vec::new();
        let mut current = line[..indent].to_owned();
        for word in line[indent..].split_inclusive(' ') {
            let is_empty = current.trim().is_empty();
            if !is_empty && current.chars().count() + word.trim_end().chars().count() > width {
                let full = mem::replace(&mut current, " ".repeat(indent));
                lines.push(full.trim_end().to_owned());
            }
            current.push_str(word);
        }
        lines.push(current);
        lines.join("\n")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_nowhere_else() {
        assert_eq!(wrapped("one two three", 7), "one two\nthree");
        assert_eq!(wrapped("  1  one two three", 12), "  1  one two\n  three");
        assert_eq!(
            wrapped("see https://example.org/a/long/one now", 10),
            "see\nhttps://example.org/a/long/one\nnow"
        );
        assert_eq!(wrapped("Password [24]: ", 40), "Password [24]: ", "the answer is typed behind a space");
        assert_eq!(wrapped("a\n\nb", 40), "a\n\nb");
    }
}
