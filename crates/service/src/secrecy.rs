//! Keeping what a process knows from everybody else, those of its own user included.
//!
//! An agent's commands may run as the user that we run as. By default any of them can read our environment and memory in
//! `/proc`, or trace us.

use nix::sys::prctl;

/// Has the kernel show this process's environment, memory and open files to root alone. To be called before anything else:
/// who looked before that has seen the environment.
pub fn hide() {
    // The kernel refuses this to nobody; and a service that does not start would help nobody.
    if let Err(error) = prctl::set_dumpable(false) {
        eprintln!("ocweb: this process cannot be hidden from others of its user: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_process_belongs_to_root_in_proc() {
        use std::os::unix::fs::MetadataExt;
        hide();
        assert_eq!(prctl::get_dumpable(), Ok(false));
        assert_eq!(std::fs::metadata("/proc/self/environ").unwrap().uid(), 0);
    }
}
