//! Where the parts of this ocweb lie: its services, opencode, Caddy, the Caddyfile and the page.
//!
//! The variables say so; where they do not, it is told from where this program lies. There are two forms: what was
//! installed (the image, the npm package), and a checkout in which it was built. After `cargo install --path` the
//! program alone lies elsewhere, so it also remembers the checkout that it was built in.

use std::path::{Path, PathBuf};

use crate::{failure::Failure, resolution::Variables};

/// The checkout that this program was built in, as far as it is still there.
const BUILT_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// One part, and where it lies.
struct Part {
    variable: &'static str,
    /// What must be in the place, where that is a folder.
    sign: Option<&'static str>,
    installed: &'static str,
    checkout: &'static str,
    what: &'static str,
}

const PARTS: [Part; 5] = [
    Part {
        variable: "OCWEB_BIN_DIR",
        sign: Some("ocweb-supervisor"),
        installed: "libexec",
        checkout: "target/release",
        what: "the services",
    },
    Part {
        variable: "OCWEB_OPENCODE_BIN",
        sign: None,
        installed: "tools/opencode",
        checkout: ".tools/opencode",
        what: "opencode",
    },
    Part {
        variable: "OCWEB_CADDY_BIN",
        sign: None,
        installed: "tools/caddy",
        checkout: ".tools/caddy",
        what: "Caddy",
    },
    Part {
        variable: "OCWEB_CADDYFILE",
        sign: None,
        installed: "caddy/Caddyfile",
        checkout: "caddy/Caddyfile",
        what: "the Caddyfile",
    },
    Part {
        variable: "OCWEB_WEB_DIR",
        sign: Some("index.html"),
        installed: "web",
        checkout: "web/dist",
        what: "the page",
    },
];

/// The form in which ocweb is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// Everything under one folder.
    Installed(PathBuf),
    /// The sources, and what was built of them.
    Checkout(PathBuf),
    /// This program alone.
    Alone,
}

impl Layout {
    /// The form for a program at `program`, which may have been built in `built_in`.
    fn of(program: &Path, built_in: &Path) -> Self {
        // `<root>/libexec/ocweb`, `<root>/target/<profile>/ocweb`.
        if let Some(root) = program.ancestors().nth(2)
            && root.join("libexec/ocweb-supervisor").is_file()
        {
            return Self::Installed(root.into());
        }
        let is_checkout = |root: &Path| root.join("bin/build").is_file() && root.join("crates/cli").is_dir();
        let beside = program.ancestors().nth(3).filter(|root| is_checkout(root)).map(Path::to_owned);
        match beside.or_else(|| built_in.canonicalize().ok().filter(|root| is_checkout(root))) {
            Some(root) => Self::Checkout(root),
            None => Self::Alone,
        }
    }

    /// The form in which this program is here.
    pub fn here() -> Self {
        let program = std::env::current_exe().and_then(std::fs::canonicalize).unwrap_or_default();
        Self::of(&program, Path::new(BUILT_IN))
    }

    /// Adds to the environment of what is started where the parts lie. The failure says what is missing and how to get it.
    pub fn complete(&self, environment: &mut Variables) -> Result<(), Failure> {
        let mut missing = Vec::new();
        for Part { variable, sign, installed, checkout, what } in &PARTS {
            if environment.get(*variable).is_some_and(|value| !value.is_empty()) {
                continue;
            }
            let place = match self {
                Self::Installed(root) => root.join(installed),
                Self::Checkout(root) => root.join(checkout),
                Self::Alone => PathBuf::new(),
            };
            let place = if *variable == "OCWEB_BIN_DIR" { services(place) } else { place };
            if sign.map_or_else(|| place.clone(), |sign| place.join(sign)).is_file() {
                environment.insert((*variable).into(), place.display().to_string());
            } else {
                missing.push(*what);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join(", ");
        Err(Failure::Setting(match self {
            Self::Checkout(root) => {
                let root = root.display();
                format!("{missing}: not here yet. Get and build them: {root}/bin/install && {root}/bin/build")
            }
            Self::Installed(root) => format!(
                "{missing}: not in {}, so this installation is not whole. Install it again.",
                root.display()
            ),
            Self::Alone => format!(
                "{missing}: not found. This is the command alone: keep the checkout that it was installed from, or get it \
                 again: git clone, bin/install, bin/build, and `cargo install --path crates/cli` in it."
            ),
        }))
    }
}

/// Where the services lie: beside this program, if they do, so that a debug build starts its own.
fn services(place: PathBuf) -> PathBuf {
    let own = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    own.filter(|folder| folder.join("ocweb-supervisor").is_file()).unwrap_or(place)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn put(root: &Path, files: &[&str]) {
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    }

    #[test]
    fn the_form_is_told_from_where_the_program_lies() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let checkout = root.join("ocweb");
        put(&checkout, &["bin/build", "crates/cli/Cargo.toml", "target/release/ocweb"]);
        put(&root.join("opt"), &["libexec/ocweb", "libexec/ocweb-supervisor"]);
        put(&root.join("home"), &[".cargo/bin/ocweb"]);
        let nowhere = Path::new("/nonexistent");
        let form = |program: &str, built_in: &Path| Layout::of(&root.join(program), built_in);
        assert_eq!(form("opt/libexec/ocweb", nowhere), Layout::Installed(root.join("opt")));
        assert_eq!(form("ocweb/target/release/ocweb", nowhere), Layout::Checkout(checkout.clone()));
        assert_eq!(form("home/.cargo/bin/ocweb", &checkout), Layout::Checkout(checkout));
        assert_eq!(form("home/.cargo/bin/ocweb", nowhere), Layout::Alone);
    }

    #[test]
    fn what_is_missing_is_named_with_the_way_to_get_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        put(
            &root,
            &["target/release/ocweb-supervisor", ".tools/caddy", "caddy/Caddyfile", "web/dist/index.html"],
        );
        let mut environment = Variables::new();
        let error = Layout::Checkout(root.clone()).complete(&mut environment).unwrap_err().to_string();
        assert!(error.starts_with("opencode: not here yet") && error.contains("bin/install"), "{error}");
        put(&root, &[".tools/opencode"]);
        Layout::Checkout(root.clone()).complete(&mut environment).unwrap();
        assert_eq!(environment["OCWEB_WEB_DIR"], root.join("web/dist").display().to_string());
        let error = Layout::Alone.complete(&mut Variables::new()).unwrap_err().to_string();
        assert!(error.contains("git clone"), "{error}");
    }
}
