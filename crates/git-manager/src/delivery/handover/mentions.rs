//! The files that a prompt's text mentions, as opencode takes them: by their address, and it reads them.

use std::path::Path;

use ocweb_opencode_client::PromptFile;
use reqwest::Url;

/// A mentioned file that is there.
pub(super) struct Mention {
    /// As it was written.
    name: String,
    mime: &'static str,
    url: Url,
}

impl Mention {
    /// `None` for what is not there or leads out of the folder: an `@` in a text can mean something else.
    pub(super) fn find(folder: &Path, name: &str) -> Option<Self> {
        let path = folder.join(name).canonicalize().ok()?;
        if !path.starts_with(folder.canonicalize().ok()?) {
            return None;
        }
        let mime = if path.is_dir() { "application/x-directory" } else { media_type(&path) };
        Some(Self { name: name.to_owned(), mime, url: Url::from_file_path(path).ok()? })
    }

    pub(super) fn as_file(&self) -> PromptFile<'_> {
        PromptFile { mime: self.mime, filename: &self.name, url: self.url.as_str() }
    }
}

/// What opencode embeds is told apart; all else it reads as text.
fn media_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "pdf" => "application/pdf",
        _ => "text/plain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_the_folder_is_mentioned() {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        std::fs::create_dir_all(work.join("a b")).unwrap();
        std::fs::write(work.join("a b/é.PNG"), "").unwrap();
        std::fs::write(folder.path().join("secret"), "").unwrap();
        std::os::unix::fs::symlink("../secret", work.join("link")).unwrap();
        let found = |name: &str| Mention::find(&work, name);
        let picture = found("a b/é.PNG").unwrap();
        let file = picture.as_file();
        assert_eq!((file.mime, file.filename), ("image/png", "a b/é.PNG"));
        assert!(file.url.starts_with("file:///") && file.url.ends_with("/a%20b/%C3%A9.PNG"), "{}", file.url);
        assert_eq!(found("a b").unwrap().mime, "application/x-directory");
        for name in ["link", "../secret", "somebody@example.org"] {
            assert!(found(name).is_none(), "{name}");
        }
    }
}
