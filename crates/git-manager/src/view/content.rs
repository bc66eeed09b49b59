//! One file of a working copy: as text to read, or as the bytes it has.

use std::{fs::File, io::Read};

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Failure,
    place::lossy,
    tree::{Inside, Node},
};
use crate::{error::Error, names::InnerPath};

/// How much of a text is shown, in bytes.
const TEXT: usize = 1 << 20;
/// How much of a file git looks at to tell whether it is text, in bytes.
const LOOKED_AT: usize = 8000;

/// A file as text.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FileContent)]
pub struct TextFile {
    /// Its path below the working copy.
    pub path: String,
    /// The size of all of it, in bytes.
    pub size_bytes: u64,
    /// Whether it is no text.
    pub binary: bool,
    /// Its first mebibyte, where what is no UTF-8 is replaced; of a link what it points to; `null` if binary.
    pub text: Option<String>,
    /// Whether there is more.
    pub truncated: bool,
}

impl TextFile {
    pub(super) fn read(inside: Inside, path: &InnerPath) -> Result<Self, Failure> {
        let (mut content, size_bytes) = match inside.find(path.as_path())? {
            Node::File(file, metadata) => {
                let mut content = Vec::new();
                file.take(TEXT as u64 + 1).read_to_end(&mut content)?;
                // A file of the kernel's says 0.
                let size = metadata.len().max(content.len() as u64);
                (content, size)
            }
            Node::Link(target) => {
                let size = target.len() as u64;
                (target, size)
            }
            Node::Folder(_) => return Err(is_folder(path)),
        };
        let truncated = content.len() > TEXT;
        if truncated {
            content.truncate(TEXT);
            cut_half_character(&mut content);
        }
        let binary = content.iter().take(LOOKED_AT).any(|byte| *byte == 0);
        let text = (!binary).then(|| lossy(&content));
        Ok(Self { path: path.to_string(), size_bytes, binary, text, truncated: truncated && !binary })
    }
}

/// Removes the beginning of a character at the end.
fn cut_half_character(content: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(&content[content.len().saturating_sub(4)..])
        && error.error_len().is_none()
    {
        let half = 4.min(content.len()) - error.valid_up_to();
        content.truncate(content.len() - half);
    }
}

/// The images that a browser shows without running anything in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageType {
    /// image/png
    Png,
    /// image/jpeg
    Jpeg,
    /// image/gif
    Gif,
    /// image/webp
    Webp,
    /// image/avif
    Avif,
}

impl ImageType {
    /// Its media type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
        }
    }

    /// What a file is by how it begins, whatever its name.
    fn of(beginning: &[u8]) -> Option<Self> {
        match beginning {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f' | b's', ..] => Some(Self::Avif),
            _ => None,
        }
    }
}

/// A file as it is.
pub struct RawFile {
    /// Its name.
    pub name: String,
    /// Which image it is, if it is one that is safe to show.
    pub image: Option<ImageType>,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// How it begins, and then the rest of it.
    pub content: std::io::Chain<std::io::Cursor<Vec<u8>>, std::io::Take<File>>,
}

impl RawFile {
    pub(super) fn open(inside: Inside, path: &InnerPath) -> Result<Self, Failure> {
        let (mut file, metadata) = match inside.find(path.as_path())? {
            Node::File(file, metadata) => (file, metadata),
            Node::Folder(_) => return Err(is_folder(path)),
            Node::Link(_) => {
                return Err(
                    Error::Unreadable(format!("{path} is a link, and links are not followed.")).into()
                );
            }
        };
        let size_bytes = metadata.len();
        let mut beginning = Vec::new();
        (&mut file).take(32.min(size_bytes)).read_to_end(&mut beginning)?;
        let rest = file.take(size_bytes.saturating_sub(beginning.len() as u64));
        let image = ImageType::of(&beginning);
        let name = path.name().to_owned();
        Ok(Self { name, image, size_bytes, content: std::io::Cursor::new(beginning).chain(rest) })
    }
}

fn is_folder(path: &InnerPath) -> Failure {
    let name = if path.is_root() { "The working copy itself" } else { path.as_str() };
    Error::Unreadable(format!("{name} is a folder, not a file.")).into()
}
