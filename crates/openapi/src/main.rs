//! Prints the merged OpenAPI document: `cargo run -p ocweb-openapi > crates/openapi/openapi.json`.

fn main() -> anyhow::Result<()> {
    let document = ocweb_openapi::merge(ocweb_openapi::services())?;
    println!("{}", serde_json::to_string_pretty(&document)?);
    Ok(())
}
