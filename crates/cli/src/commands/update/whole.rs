//! `ocweb update` of the whole: what is new in the checkout is built, tried and restarted, or all of it is taken back.

use std::path::Path;

use super::{Place, of_an_installation};
use crate::{
    context::Context,
    failure::Failure,
    interruption,
    layout::Layout,
    update::{Tool, checkout::Checkout, database, origin::Origin, shelf::Shelf, source, trial},
};

/// Of what is new, so many commits are listed.
const MOST: usize = 20;

impl Place {
    /// The folder of the checkout, where it is one.
    pub(super) fn checkout(&self) -> Result<&Path, Failure> {
        match &self.layout {
            Layout::Checkout(root) => Ok(root),
            Layout::Installed(_) => Err(of_an_installation()),
            Layout::Alone => Err(Failure::Usage(
                "This is the command alone: install it again, from where it came from. docs/update.md says how."
                    .into(),
            )),
        }
    }

    /// Takes what is new in the checkout, with the programs that it was tested with.
    pub(super) fn move_ocweb(&self, root: &Path, yes: bool, context: &Context) -> Result<String, Failure> {
        let checkout = Checkout::at(root.to_owned());
        let cut_off = Origin::read(root);
        let news = match checkout.news() {
            Err(failure) if cut_off.is_none() => return Err(failure),
            news => news.map(|news| news.commits).unwrap_or_default(),
        };
        if news.is_empty() && cut_off.is_none() {
            context.say("ocweb is up to date.");
            return Ok(String::new());
        }
        if cut_off.is_some() {
            context.say("The last update was cut off. It is completed now.");
        }
        if !news.is_empty() {
            context.say(&listed(&news));
        }
        if self.way.is_some() {
            self.ask_for_patience(Tool::Opencode, yes)?;
        }
        checkout.expect_clean()?;
        let shelves = self.shelves();
        let was_cut_off = cut_off.is_some();
        let origin = if let Some(origin) = cut_off {
            origin
        } else {
            let old = source::version_of(Tool::Opencode, &self.opencode);
            database::copy(&self.data, &self.opencode, old.as_deref().unwrap_or("unknown"))?;
            Origin::now(checkout.commit()?, &shelves)?
        };
        origin.write(root)?;
        // One that was cut off may have been restarted already.
        let mut was_restarted = was_cut_off;
        let outcome = self.bring(&checkout, &origin, context).and_then(|()| {
            was_restarted = true;
            self.take_over(yes, context)
        });
        let outcome = match outcome {
            Ok(()) => Ok(String::new()),
            Err(why) => {
                let why = interruption::go_back().unwrap_or(why);
                let has_changed = was_cut_off || checkout.commit()? != origin.commit;
                if has_changed && let Err(failure) = self.take_back(&origin, was_restarted, context) {
                    return Err(Failure::Other(format!(
                        "{why} Going back failed as well, so ocweb is not whole: {failure} Once that is mended: ocweb update"
                    )));
                }
                Err(Failure::Other(format!("{why} ocweb is what it was before.")))
            }
        };
        Origin::forget(root)?;
        outcome
    }

    /// Has everything be as it was.
    fn take_back(&self, origin: &Origin, was_restarted: bool, context: &Context) -> Result<(), Failure> {
        context.say("Going back …");
        // The programs in any case, whatever can be built.
        let built = Checkout::at(self.checkout()?.to_owned()).go_back(&origin.commit);
        origin.put_back(&self.shelves()).and(built)?;
        // What runs is what ran before: nobody's chat is cut off for nothing.
        if was_restarted { self.take_effect(context) } else { Ok(()) }
    }

    /// Those whose programs are ours to move.
    fn shelves(&self) -> Vec<(Tool, Shelf)> {
        let tools = [Tool::Opencode, Tool::Caddy];
        tools.into_iter().filter_map(|tool| Some((tool, self.shelf(tool).ok()?))).collect()
    }

    /// Gets and builds what is new, and tries it. What was in use stays so until then: an opencode that falls meanwhile, the
    /// build's memory being what it is, comes back as it was.
    fn bring(&self, checkout: &Checkout, origin: &Origin, context: &Context) -> Result<(), Failure> {
        checkout.advance()?;
        checkout.install()?;
        let shelves = self.shelves();
        let new = Origin::now(checkout.commit()?, &shelves)?;
        origin.put_back(&shelves)?;
        checkout.build()?;
        context.say("Trying opencode …");
        let opencode = new.program(Tool::Opencode, &shelves).unwrap_or_else(|| self.opencode.clone());
        let version = source::version_of(Tool::Opencode, &opencode).unwrap_or_default();
        trial::pass(Tool::Opencode, &opencode, &version, &self.services)?;
        new.take_up(&shelves)
    }

    /// Runs what was built, unless that would cut somebody off: a build takes minutes, in which chats begin.
    fn take_over(&self, yes: bool, context: &Context) -> Result<(), Failure> {
        if self.way.is_some() && self.ask_for_patience(Tool::Opencode, yes).is_err() {
            context
                .say("ocweb is up to date, and runs as before until chats are done: then `ocweb restart`.");
            return Ok(());
        }
        self.take_effect(context)?;
        context.say("ocweb is up to date.");
        Ok(())
    }

    /// Has what runs be what was built, where that can be done from here.
    fn take_effect(&self, context: &Context) -> Result<(), Failure> {
        if let Some(way) = self.way {
            return way.restart(context).map(drop);
        }
        if self.instance.is_some() {
            context.say("ocweb runs in a terminal, so what was built is used from its next start on.");
        }
        Ok(())
    }
}

/// What is new, for a person.
pub(super) fn listed(commits: &[String]) -> String {
    let more = commits.len().saturating_sub(MOST);
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    format!("New in ocweb:\n  {}{more}", commits[..commits.len().min(MOST)].join("\n  "))
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    use clap::Parser;

    use super::*;
    use crate::{arguments::Arguments, update::checkout::tests::git};

    fn script(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A commit that brings a Caddy of this version, and is built like this.
    fn commit(origin: &Path, caddy: &str, build: &str) {
        script(&origin.join("bin/install"), &format!("ln -sfn caddy-{caddy} .tools/caddy"));
        script(&origin.join("bin/build"), build);
        git(origin, &["add", "."]);
        git(origin, &["commit", "--quiet", "--message", caddy]);
    }

    #[test]
    fn what_fails_is_taken_back_as_a_whole_and_what_was_cut_off_is_completed() {
        let folder = tempfile::tempdir().unwrap();
        let (origin, root) = (folder.path().join("origin"), folder.path().join("here"));
        fs::create_dir_all(&origin).unwrap();
        git(&origin, &["init", "--quiet"]);
        commit(&origin, "1.0.0", "echo first > built");
        git(folder.path(), &["clone", "--quiet", "origin", "here"]);
        let tools = root.join(".tools");
        for (name, versions) in [("caddy", &["1.0.0", "2.0.0"][..]), ("opencode", &["1.0.0"])] {
            for version in versions {
                script(&tools.join(format!("{name}-{version}")), &format!("echo {version}"));
            }
            symlink(format!("{name}-1.0.0"), tools.join(name)).unwrap();
        }
        script(&folder.path().join("services/ocweb-contract"), "true");
        let place = Place {
            layout: Layout::Checkout(root.clone()),
            opencode: tools.join("opencode"),
            caddy: tools.join("caddy"),
            services: folder.path().join("services"),
            data: folder.path().join("data"),
            instance: None,
            way: None,
        };
        let arguments = Arguments::try_parse_from(["ocweb", "--quiet", "update"]).unwrap();
        let context = Context { manner: arguments.manner, variables: crate::resolution::Variables::new() };
        let caddy = || fs::read_link(tools.join("caddy")).unwrap();
        let built = || fs::read_to_string(root.join("built")).unwrap();
        let checkout = Checkout::at(root.clone());
        let first = checkout.commit().unwrap();

        commit(&origin, "2.0.0", "exit 1");
        let failed = place.move_ocweb(&root, false, &context).unwrap_err().to_string();
        assert!(failed.ends_with("ocweb is what it was before."), "{failed}");
        assert_eq!(
            (checkout.commit().unwrap(), caddy(), built()),
            (first, "caddy-1.0.0".into(), "first\n".into())
        );
        assert!(Origin::read(&root).is_none());

        commit(&origin, "2.0.0", "readlink .tools/caddy > meanwhile; echo second > built");
        // As a shutdown in the middle of the build leaves it.
        Origin::now(checkout.commit().unwrap(), &place.shelves()).unwrap().write(&root).unwrap();
        git(&root, &["pull", "--quiet", "--ff-only"]);
        assert_eq!(built(), "first\n");
        place.move_ocweb(&root, false, &context).unwrap();
        assert_eq!((caddy(), built()), ("caddy-2.0.0".into(), "second\n".into()));
        let meanwhile = fs::read_to_string(root.join("meanwhile")).unwrap();
        assert_eq!(meanwhile, "caddy-1.0.0\n", "it was not tried yet");
        assert_eq!(fs::read_link(tools.join("caddy.previous")).unwrap(), Path::new("caddy-1.0.0"));
        assert!(Origin::read(&root).is_none());
    }
}
