//! What an update of the whole began from: written down before anything changes, so that one which is cut off is completed by
//! the next, and one which fails is taken back as a whole.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Tool, shelf::Shelf};
use crate::failure::Failure;

const FILE: &str = ".tools/updating";

/// Where an update began.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// What was checked out.
    pub commit: String,
    links: BTreeMap<String, Links>,
}

/// The links of a program.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Links {
    current: PathBuf,
    previous: Option<PathBuf>,
}

impl Origin {
    /// As it is now.
    pub fn now(commit: String, shelves: &[(Tool, Shelf)]) -> Result<Self, Failure> {
        let links = shelves.iter().map(|(tool, shelf)| {
            let links = Links { current: shelf.current()?, previous: shelf.previous() };
            Ok((tool.name().to_owned(), links))
        });
        Ok(Self { commit, links: links.collect::<Result<_, Failure>>()? })
    }

    /// That of an update which was cut off.
    pub fn read(root: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(root.join(FILE)).ok()?).ok()
    }

    /// Writes it down.
    pub fn write(&self, root: &Path) -> Result<(), Failure> {
        let path = root.join(FILE);
        let beside = path.with_extension("new");
        let text = serde_json::to_vec(self).map_err(|error| Failure::Other(error.to_string()))?;
        let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &path));
        written.map_err(|error| Failure::Other(format!("{}: {error}.", path.display())))
    }

    /// The update has ended, one way or the other.
    pub fn forget(root: &Path) -> Result<(), Failure> {
        let path = root.join(FILE);
        fs::remove_file(&path).map_err(|error| Failure::Other(format!("{}: {error}.", path.display())))
    }

    /// Takes the programs from then into use again.
    pub fn put_back(&self, shelves: &[(Tool, Shelf)]) -> Result<(), Failure> {
        for (tool, shelf) in shelves {
            let Some(links) = self.links.get(tool.name()) else { continue };
            if shelf.current()? != links.current {
                shelf.switch(&links.current)?;
                // What failed is nothing to go back to.
                shelf.remember(links.previous.as_deref())?;
                shelf.forget_pin()?;
            }
        }
        Ok(())
    }

    /// Where the program of then lies, if it is ours to move.
    pub fn program(&self, of: Tool, shelves: &[(Tool, Shelf)]) -> Option<PathBuf> {
        let (_, place) = shelves.iter().find(|(tool, _)| *tool == of)?;
        Some(place.folder().join(&self.links.get(of.name())?.current))
    }

    /// Takes the programs of then into use for the first time; what is in use is the one to go back to.
    pub fn take_up(&self, shelves: &[(Tool, Shelf)]) -> Result<(), Failure> {
        for (tool, shelf) in shelves {
            if let Some(links) = self.links.get(tool.name()) {
                shelf.switch(&links.current)?;
            }
        }
        Ok(())
    }
}
