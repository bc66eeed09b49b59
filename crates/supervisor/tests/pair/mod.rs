//! A certificate and its key, made for a test, of the crate's own tests too.

use std::{fs, path::Path, process::Command};

/// Both in PEM, and in two files of the folder: `NAME.crt` and `NAME.key`.
pub(crate) fn made(folder: &Path, name: &str) -> [Vec<u8>; 2] {
    let paths = ["crt", "key"].map(|kind| folder.join(format!("{name}.{kind}")));
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", &format!("/CN={name}"), "-out"])
        .arg(&paths[0])
        .arg("-keyout")
        .arg(&paths[1])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    paths.map(|path| fs::read(path).unwrap())
}
