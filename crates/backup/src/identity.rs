//! What tells this ocweb from others in one repository: drawn by the first backup, and in each, for one that is restored is
//! the same.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use crate::{Error, archive::private_folder};

const FILE: &str = "name";

/// Its name, as it is written down in the folder of [`crate::Outcome`].
pub fn identity(memory: &Path) -> Result<String, Error> {
    let file = memory.join(FILE);
    match fs::read_to_string(&file) {
        Ok(name) if !name.trim().is_empty() => return Ok(name.trim().to_owned()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io(&file)(error)),
        _ => {}
    }
    let mut drawn = [0; 4];
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut drawn))
        .map_err(Error::io("/dev/urandom"))?;
    let name = format!("ocweb-{:08x}", u32::from_ne_bytes(drawn));
    remember(memory, &name)?;
    Ok(name)
}

/// Writes down the name of the one that is restored.
pub(crate) fn remember(memory: &Path, name: &str) -> Result<(), Error> {
    private_folder(memory)?;
    let beside = memory.join(format!("{FILE}.new"));
    let written = fs::write(&beside, name).and_then(|()| fs::rename(&beside, memory.join(FILE)));
    written.map_err(Error::io(&beside))
}
