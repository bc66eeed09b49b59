//! What is done about damage: the damaged thing is set aside, and what it held is had again from wherever it still is.
//!
//! No file of a working copy is touched. The order matters: first what keeps git from opening anything, then objects, then
//! what points to them.

mod copies;

use std::{
    fs,
    path::{Path, PathBuf},
};

use git2::Oid;

use super::{
    aside::{Aside, put},
    examination::{Finding, examine, is_packed_line},
    fsck::{self, Checked, MissingObject, Progress},
    notice::Report,
    objects,
    patient::{Patient, shown},
    references,
};
use crate::{clones::Clones, error::Error, git::Git};

/// How often damage is looked for and treated in one go: a damaged object can hide another.
const ROUNDS: usize = 5;
/// How many lost things are named one by one.
const NAMED: usize = 50;

/// One treatment of one clone, under its lock.
pub(super) struct Treatment<'a> {
    pub(super) git: &'a Git,
    pub(super) clones: &'a Clones,
    pub(super) patient: Patient,
    pub(super) aside: Aside<'a>,
    pub(super) report: Report,
    /// Whether the remote was asked for objects since the last ones were set aside.
    pub(super) is_fetched: bool,
}

impl Treatment<'_> {
    /// Looks, treats, and looks again, until nothing more can be done. `thorough` checks every object too. What was done is
    /// told also where that failed.
    pub(super) async fn run(
        mut self,
        thorough: bool,
        mut on_progress: impl FnMut(Progress),
    ) -> (Report, Result<(), Error>) {
        let mut deep = thorough;
        for _ in 0..ROUNDS {
            let found = self.look(examine).await;
            if found.is_empty() {
                break;
            }
            deep |= found.iter().any(Finding::is_about_objects);
            let before = self.report.found.len();
            self.treat(found).await;
            if self.report.found.len() == before {
                break;
            }
        }
        let checked = if deep { self.check(&mut on_progress).await } else { Ok(()) };
        self.report.aside = self.aside.used();
        (self.report, checked)
    }

    /// Reads on a thread that may wait for the disk. Never on the runtime's own, which would end then, and with it what
    /// other clones' gits have it to thank for (`git::invocation`).
    async fn look<T: Default + Send + 'static>(
        &self,
        look: impl FnOnce(&Patient) -> T + Send + 'static,
    ) -> T {
        let patient = self.patient.clone();
        tokio::task::spawn_blocking(move || look(&patient)).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a look at a clone was cut off");
            T::default()
        })
    }

    /// Treats one after the other. What cannot be treated is named, and keeps nothing else from being treated.
    async fn treat(&mut self, findings: Vec<Finding>) {
        let (mut tips, mut indexes, mut gone, mut fetch) = (Vec::new(), Vec::new(), Vec::new(), false);
        for finding in findings {
            fetch |= finding.is_about_objects();
            let (what, treated) = match finding {
                Finding::Lock(path) => (shown(&path), self.take_lock(&path)),
                Finding::Head(path) => (shown(&path), self.reset_head(&path)),
                Finding::Link(number) => (shown(&self.patient.copies[number].path), self.link(number)),
                Finding::Reference(path) => {
                    let name = self.name_of(&path);
                    self.found(format!("The file of {name} was damaged."));
                    fetch |= !name.starts_with("refs/heads/");
                    tips.push((name.clone(), true));
                    (name, self.aside.take(&path).map_err(Error::from))
                }
                Finding::PackedReferences(path) => {
                    fetch = true;
                    (shown(&path), self.clean_packed(&path))
                }
                Finding::Object(path) => (shown(&path), self.take_object(&path)),
                Finding::Pack(path) => (shown(&path), self.take_pack(&path)),
                Finding::Gone(number) => {
                    gone.push(number);
                    continue;
                }
                Finding::Tip(name) => {
                    tips.push((name, false));
                    continue;
                }
                Finding::Index(path) => {
                    indexes.push(path);
                    continue;
                }
            };
            self.or_name(&what, treated);
        }
        if fetch {
            self.have_again().await;
            self.write_trees().await;
        }
        for (name, had_no_file) in tips {
            let restored = self.restore(&name, had_no_file).await;
            self.or_name(&name, restored);
        }
        for number in gone {
            let brought = self.bring_back(number).await;
            self.or_name(&shown(&self.patient.copies[number].path), brought);
        }
        for path in indexes {
            let rebuilt = self.rebuild_index(&path).await;
            self.or_name(&format!("The index of {}", shown(&path)), rebuilt);
        }
    }

    fn or_name(&mut self, what: &str, treated: Result<(), Error>) {
        if let Err(error) = treated {
            self.report.unfinished = true;
            self.lost(format!(
                "{what} could not be put right, which is tried again at the next start: {error}"
            ));
        }
    }

    fn take_lock(&mut self, path: &Path) -> Result<(), Error> {
        self.found(format!("{} was left by a git that was killed.", shown(path)));
        Ok(self.aside.take(path)?)
    }

    fn reset_head(&mut self, path: &Path) -> Result<(), Error> {
        let branch = self.patient.default_branch();
        self.found("The HEAD of the clone was damaged.");
        self.aside.take(path)?;
        put(path, &format!("ref: refs/heads/{branch}\n"))?;
        self.done(format!("The clone is on {branch} again."));
        Ok(())
    }

    fn clean_packed(&mut self, path: &Path) -> Result<(), Error> {
        self.found("The list of packed references was damaged.");
        self.aside.copy(path)?;
        let text = fs::read(path)?;
        let text = String::from_utf8_lossy(&text);
        let kept: String =
            text.lines().filter(|line| is_packed_line(line)).flat_map(|line| [line, "\n"]).collect();
        put(path, &kept)?;
        self.done("Its lines that can be read were kept.");
        Ok(())
    }

    fn found(&mut self, what: impl Into<String>) {
        add(&mut self.report.found, what.into());
    }

    fn done(&mut self, what: impl Into<String>) {
        add(&mut self.report.done, what.into());
    }

    fn lost(&mut self, what: impl Into<String>) {
        add(&mut self.report.lost, what.into());
    }

    fn name_of(&self, path: &Path) -> String {
        let git = self.patient.git_directory();
        path.strip_prefix(git).unwrap_or(path).display().to_string()
    }

    fn take_object(&mut self, path: &Path) -> Result<(), Error> {
        self.found(format!("The object {} was damaged.", shown(path)));
        self.is_fetched = false;
        Ok(self.aside.take(path)?)
    }

    fn take_pack(&mut self, path: &Path) -> Result<(), Error> {
        self.found(format!("The pack {} was damaged.", shown(path)));
        self.is_fetched = false;
        for extension in ["pack", "idx", "rev", "bitmap", "mtimes", "promisor"] {
            self.aside.take(&path.with_extension(extension))?;
        }
        // It lists what is in that pack.
        Ok(self.aside.take(&path.with_file_name("multi-pack-index"))?)
    }

    /// Has objects again from the remote and from what was set aside, once for each thing that was.
    async fn have_again(&mut self) {
        if std::mem::replace(&mut self.is_fetched, true) {
            return;
        }
        match self.clones.refetch_objects(&self.patient.clone, &self.patient.name).await {
            Ok(()) => self.done("What the remote has was fetched again."),
            Err(error) => {
                self.report.unfinished = true;
                self.done(format!(
                    "The remote could not be asked, so that is tried again at the next start: {error}."
                ));
            }
        }
        for objects in self.aside.places(&self.patient.git_directory().join("objects")) {
            self.salvage(objects).await;
        }
    }

    /// Takes from objects that were set aside what can be read of them.
    async fn salvage(&mut self, objects: PathBuf) {
        let packs = objects.join("pack");
        let saved = self.look(move |patient| objects::salvage(patient, &objects)).await;
        // The beginning of a pack that is too damaged for that; git takes only what is not there.
        for pack in fs::read_dir(&packs).into_iter().flatten().flatten() {
            let is_pack = pack.path().extension().is_some_and(|extension| extension == "pack");
            if let (true, Ok(file)) = (is_pack, fs::File::open(pack.path())) {
                let unpack =
                    self.git.local(&self.patient.clone).args(["unpack-objects", "-r", "-q"]).input_file(file);
                if let Err(error) = unpack.run().await {
                    tracing::info!(%error, "a damaged pack was read as far as it goes");
                }
            }
        }
        tracing::info!(saved, "looked through what was set aside");
        if packs.is_dir() {
            self.done("What could be read of the damaged packs was taken over.");
        }
    }

    /// Sets a branch back to its last state that can be read; a remote's is fetched anew.
    async fn restore(&mut self, name: &str, had_no_file: bool) -> Result<(), Error> {
        // What an earlier packed reference of the name says is not its last state.
        if !had_no_file {
            let readable = self.git.reading(&self.patient.clone).args(["rev-parse", "--verify", "--quiet"]);
            if readable.arg(format!("{name}^{{tree}}")).run().await.is_ok() {
                return Ok(());
            }
            self.found(format!("{name} named a commit that cannot be read."));
        }
        if name.starts_with("refs/remotes/") {
            self.aside.take(&self.patient.git_directory().join(name))?;
            self.drop_packed(name)?;
            return match self.clones.fetch_into(&self.patient.clone, &self.patient.name).await {
                Ok(()) => {
                    self.done(format!("{name} was fetched again."));
                    Ok(())
                }
                Err(error) => {
                    self.report.unfinished = true;
                    self.done(format!("{name} could not be fetched yet: {error}."));
                    Ok(())
                }
            };
        }
        let short = name.trim_start_matches("refs/heads/").to_owned();
        let Some(found) = references::last_readable(&self.patient, name) else {
            self.lost(format!("{short}: nothing that it led to can be read or found."));
            self.aside.take(&self.patient.git_directory().join(name))?;
            return self.drop_packed(name);
        };
        self.aside.take(&self.patient.git_directory().join(name))?;
        put(&self.patient.git_directory().join(name), &format!("{}\n", found.commit))?;
        self.done(format!("{short} is at {:.7} again, as {} says.", found.commit, found.by));
        for commit in found.lost {
            self.lost(format!(
                "The commit {commit}. Its changes may still be in the files of the working copy."
            ));
        }
        Ok(())
    }

    /// Takes a reference out of the packed ones.
    fn drop_packed(&mut self, name: &str) -> Result<(), Error> {
        let path = self.patient.git_directory().join("packed-refs");
        let Ok(text) = fs::read_to_string(&path) else { return Ok(()) };
        if !text.lines().any(|line| line.ends_with(&format!(" {name}"))) {
            return Ok(());
        }
        self.aside.copy(&path)?;
        let mut is_after_it = false;
        let kept: String = text
            .lines()
            .filter(|line| {
                let is_it = line.ends_with(&format!(" {name}"));
                let is_its = is_after_it && line.starts_with('^');
                is_after_it = is_it;
                !is_it && !is_its
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        Ok(put(&path, &kept)?)
    }

    /// Checks all objects and treats what that finds, until it finds nothing that can be treated.
    async fn check(&mut self, on_progress: &mut impl FnMut(Progress)) -> Result<(), Error> {
        let mut last = Checked::default();
        for _ in 0..ROUNDS {
            let checked = fsck::check(self.git, &self.patient, true, &mut *on_progress).await?;
            if checked.is_clean {
                return Ok(());
            }
            if checked == last {
                break;
            }
            for path in &checked.files {
                let is_pack = path.extension().is_some_and(|extension| extension == "pack");
                let taken = if is_pack { self.take_pack(path) } else { self.take_object(path) };
                self.or_name(&shown(path), taken);
            }
            if checked.lacks_something() {
                self.have_again().await;
            }
            self.find_missing(&checked.missing).await;
            let findings = self.look(examine).await;
            self.treat(findings).await;
            last = checked;
        }
        self.settle(last).await
    }

    /// Looks for missing objects in the working copies: files for blobs, indexes for trees.
    async fn find_missing(&mut self, missing: &[MissingObject]) {
        let blobs: Vec<_> = missing.iter().filter(|object| object.kind == "blob").collect();
        let wanted: Vec<_> = blobs.iter().filter_map(|object| Oid::from_str(&object.id).ok()).collect();
        let found = self.look(move |patient| objects::find_in_files(patient, &wanted)).await;
        for (id, path) in found {
            self.done(format!("{id:.7} was written again from {}.", shown(&path)));
        }
        self.write_trees().await;
    }

    /// Writes the folders that the indexes of the working copies know: of a commit that nothing followed, all of them.
    async fn write_trees(&self) {
        for copy in self.patient.copies.iter().filter(|copy| copy.is_there()) {
            // Where its index is damaged itself, it writes nothing.
            let _ = self.git.local(&copy.path).args(["write-tree", "--missing-ok"]).run().await;
        }
    }

    /// Names what is still missing. Histories of branches that only they lead to are cut, so that git is content again.
    async fn settle(&mut self, last: Checked) -> Result<(), Error> {
        let without = fsck::check(self.git, &self.patient, false, |_| {}).await?;
        if without.is_clean {
            for folder in self.histories() {
                self.copy_histories(&folder)?;
            }
            let expire =
                ["reflog", "expire", "--stale-fix", "--expire=never", "--expire-unreachable=never", "--all"];
            self.git.local(&self.patient.clone).args(expire).run().await?;
            self.done("Entries of histories that led to damaged commits were taken out; the whole histories are set aside.");
        }
        let missing = if without.is_clean { last.missing } else { without.missing };
        let more = missing.len().saturating_sub(NAMED);
        for MissingObject { kind, id, name } in missing.into_iter().take(NAMED) {
            self.lost(match (kind.as_str(), name) {
                ("blob", Some(name)) => format!("The file {name} ({id:.7})."),
                ("tree", Some(name)) => format!("The folder {name} ({id:.7})."),
                (kind, Some(name)) => format!("The {kind} {name} ({id:.7})."),
                (kind, None) => format!("The {kind} {id:.7}, which only an older state led to."),
            });
        }
        if more > 0 {
            self.lost(format!("{more} objects more."));
        }
        if !without.is_clean && self.report.lost.is_empty() {
            for complaint in without.complaints {
                self.lost(format!("git still says: {complaint}"));
            }
        }
        Ok(())
    }

    fn histories(&self) -> Vec<PathBuf> {
        let entries = self.patient.copies.iter().filter_map(|copy| self.patient.entry(copy));
        entries.chain([self.patient.git_directory()]).map(|folder| folder.join("logs")).collect()
    }

    fn copy_histories(&mut self, folder: &Path) -> Result<(), Error> {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.copy_histories(&entry.path())?;
            } else {
                self.aside.copy(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// Each sentence is said once.
fn add(to: &mut Vec<String>, what: String) {
    if !to.contains(&what) {
        tracing::warn!("{what}");
        to.push(what);
    }
}
