//! A file that goes with a prompt: a photo, mostly.
//!
//! It comes as a `data:` URL and goes on as one. Any other URL is refused: opencode would read a
//! `file:` or fetch an `http:` one, and what the agent reads is for the agent to say.

use serde::{Deserialize, Serialize};

use super::prompt::InvalidPrompt;

/// What a file is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileName {
    /// Its media type, such as `image/png`, without parameters.
    pub mime: String,
    /// Its name.
    pub filename: String,
}

/// A file with its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    #[serde(flatten)]
    name: FileName,
    url: String,
}

impl File {
    /// Checks a file as it was sent.
    pub fn new(mime: &str, filename: &str, url: String) -> Result<Self, InvalidPrompt> {
        let malformed = |reason| Err(InvalidPrompt::Malformed(reason));
        let Some(mime) = media_type(mime) else {
            return malformed("A file's mime is a media type such as image/png.");
        };
        let filename = filename.trim();
        if filename.is_empty() || filename.len() > 255 || filename.chars().any(char::is_control) {
            return malformed("A file's name is one line of at most 255 bytes.");
        }
        let content = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
        let Some((kind, _)) = content.filter(|(_, content)| is_base64(content)) else {
            return malformed("A file's url is a data: URL in base64.");
        };
        if media_type(kind).as_ref() != Some(&mime) {
            return malformed("A file's mime and the type in its data: URL differ.");
        }
        Ok(Self { name: FileName { mime, filename: filename.into() }, url })
    }

    /// What it is called.
    pub fn name(&self) -> &FileName {
        &self.name
    }

    /// Its content, as a `data:` URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The size of its content in bytes, to within two.
    pub fn size(&self) -> usize {
        let content = self.url.rsplit(',').next().unwrap_or_default();
        content.len() / 4 * 3
    }
}

/// `type/subtype` in small letters; parameters such as a charset are left out.
fn media_type(text: &str) -> Option<String> {
    let essence = text.split(';').next()?.trim().to_ascii_lowercase();
    let token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let fits =
        essence.len() <= 127 && essence.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub));
    fits.then_some(essence)
}

/// Not decoded: it is passed on as it is.
fn is_base64(text: &str) -> bool {
    let digits = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    !text.is_empty()
        && text.len().is_multiple_of(4)
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_phone_sends_is_taken() {
        for (mime, url) in [
            ("image/png", "data:image/png;base64,iVBORw0K"),
            ("image/JPEG", "data:image/jpeg;base64,AA=="),
            ("text/plain;charset=utf-8", "data:text/plain;charset=utf-8;base64,AAA="),
            ("application/vnd.ms-excel", "data:application/vnd.ms-excel;base64,AAAA"),
        ] {
            let file =
                File::new(mime, " a b.png ", url.into()).unwrap_or_else(|error| panic!("{mime}: {error}"));
            assert_eq!((file.name().filename.as_str(), file.url()), ("a b.png", url));
            assert!(!file.name().mime.contains(';'));
        }
        assert_eq!(File::new("a/b", "x", "data:a/b;base64,AAAAAAAA".into()).unwrap().size(), 6);
    }

    #[test]
    fn everything_else_is_refused() {
        for (mime, filename, url) in [
            ("image/png", "a", "file:///etc/passwd"),
            ("image/png", "a", "http://169.254.169.254/"),
            ("image/png", "a", "nonsense"),
            ("image/png", "a", ""),
            ("image/png", "a", "data:image/png,AAAA"),
            ("image/png", "a", "data:image/png;base64,"),
            ("image/png", "a", "data:image/png;base64,AAA"),
            ("image/png", "a", "data:image/png;base64,A@AA"),
            ("image/png", "a", "data:image/png;base64,AA=A"),
            ("image/png", "a", "data:text/html;base64,AAAA"),
            ("image/png", "a", "data:;base64,AAAA"),
            ("image", "a", "data:image;base64,AAAA"),
            ("image/p ng", "a", "data:image/p ng;base64,AAAA"),
            ("", "a", "data:;base64,AAAA"),
            ("image/png", " ", "data:image/png;base64,AAAA"),
            ("image/png", "a\nb", "data:image/png;base64,AAAA"),
        ] {
            assert!(File::new(mime, filename, url.into()).is_err(), "{mime} {filename} {url}");
        }
        assert!(File::new("a/b", &"x".repeat(256), "data:a/b;base64,AAAA".into()).is_err());
    }
}
