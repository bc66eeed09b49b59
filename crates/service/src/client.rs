//! The one way to make an outgoing HTTP client.

/// A builder with our TLS provider in place. reqwest is built without one of its own (see the root
/// `Cargo.toml`) and would panic, even for plain HTTP, where none was installed before.
pub fn client_builder() -> reqwest::ClientBuilder {
    // An error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

/// The same for clients that only ever talk to this machine, in plain HTTP: without the certificates of the
/// world, which take half a megabyte.
pub fn local_client_builder() -> reqwest::ClientBuilder {
    client_builder().tls_certs_only([])
}
