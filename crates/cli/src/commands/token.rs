//! `ocweb token`: what programs come in with.

use std::io::{self, IsTerminal};

use serde_json::json;

use crate::{
    addresses::addresses,
    arguments::TokenCommand,
    commands::password::current_password,
    context::Context,
    failure::Failure,
    table::Table,
    tokens::{self, Made, Token},
};

/// Does what was typed.
pub fn run(command: TokenCommand, context: &Context) -> Result<String, Failure> {
    let instance = context.instance()?;
    match command {
        TokenCommand::Create { name, scope, expires } => {
            created(&tokens::make(&instance, &name, &scope, &expires, current_password)?, context)
        }
        TokenCommand::List => Ok(listed(&tokens::list(&instance)?, context)),
        TokenCommand::Revoke { token } => {
            let token = tokens::revoke(&instance, &token)?;
            context.say(&format!("The token {} is revoked.", token.name));
            Ok(if context.manner.json { json!({ "revoked": token.id }).to_string() } else { String::new() })
        }
    }
}

/// The token alone on standard output, for `TOKEN=$(ocweb token create ci)`.
fn created(made: &Made, context: &Context) -> Result<String, Failure> {
    let url = addresses(&context.environment()?).into_iter().next().map(|address| address.url);
    if context.manner.json {
        let mut told = json!(made);
        told["url"] = url.into();
        return Ok(format!("{told:#}"));
    }
    let (url, where_it_is) = match url {
        Some(url) => (url, ""),
        None => ("URL".into(), "\nURL is the address at which you open ocweb; a container does not know it."),
    };
    // Where nobody sits at a terminal, this is somebody's log: the token is not for it.
    let token = if io::stderr().is_terminal() { &made.token } else { "TOKEN" };
    let end = made
        .expires_at
        .as_deref()
        .map_or_else(|| "until it is revoked".into(), |end| format!("until {}", shown(end)));
    context.say(&format!(
        "Good {end}, and shown this once. Use it so:\n  {}{where_it_is}",
        usage(&made.scope, &url, token)
    ));
    Ok(made.token.clone())
}

fn usage(scope: &str, url: &str, token: &str) -> String {
    match scope {
        "read" => format!("curl -H 'Authorization: Bearer {token}' {url}/admin/status"),
        "metrics" => format!("curl -H 'Authorization: Bearer {token}' {url}/admin/metrics"),
        _ => format!("opencode attach {url} --password {token}"),
    }
}

fn listed(tokens: &[Token], context: &Context) -> String {
    if context.manner.json {
        return format!("{:#}", json!({ "tokens": tokens }));
    }
    if tokens.is_empty() {
        context.say("There are no tokens. Make one: ocweb token create NAME");
        return String::new();
    }
    let mut table = Table::new(["NAME", "SCOPE", "LAST USED", "ENDS", "ID"]);
    for token in tokens {
        let used = token.last_used_at.as_deref().map_or_else(|| "never".into(), shown);
        let ends = token.expires_at.as_deref().map_or_else(|| "never".into(), shown);
        let ends = if token.expired { format!("expired {ends}") } else { ends };
        table.row([token.name.clone(), token.scope.clone(), used, ends, token.id.clone()]);
    }
    table.to_string()
}

/// A time for a person: `2026-11-20T10:00:00Z` is 2026-11-20 10:00 UTC.
fn shown(time: &str) -> String {
    match time.split_once('T') {
        Some((day, hour)) if hour.len() > 5 && hour.is_ascii() => format!("{day} {} UTC", &hour[..5]),
        _ => time.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_day_and_a_minute() {
        assert_eq!(shown("2026-11-20T10:07:30Z"), "2026-11-20 10:07 UTC");
        assert_eq!(shown("soon"), "soon");
    }

    #[test]
    fn what_to_do_with_a_token_follows_from_its_scope() {
        assert_eq!(usage("attach", "https://a", "T"), "opencode attach https://a --password T");
        assert_eq!(
            usage("metrics", "https://a", "T"),
            "curl -H 'Authorization: Bearer T' https://a/admin/metrics"
        );
    }
}
