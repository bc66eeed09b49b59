//! Receivers on loopback. Each checks what the real one would and refuses what it would refuse.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use web_push_native::{
    Auth,
    p256::{
        SecretKey,
        ecdsa::{Signature, VerifyingKey, signature::Verifier},
        elliptic_curve::sec1::ToEncodedPoint,
    },
};

use super::{DEADLINE, until};

/// One request that came.
#[derive(Debug, Clone)]
pub struct Received {
    pub at: Instant,
    pub path: String,
    pub headers: HeaderMap,
    /// The body as JSON, decrypted where that is the protocol.
    pub body: Value,
    /// Why it was refused; empty when it was not.
    pub refused: String,
    pub status: u16,
}

/// What a receiver does with requests that are as they should be, instead of taking them.
pub type Script = Box<dyn FnMut(usize) -> Reply + Send>;

pub enum Reply {
    Take,
    Status(u16, Vec<(&'static str, String)>, Value),
    /// Never answers.
    Hang,
}

type Check = Box<dyn Fn(&Method, &Uri, &HeaderMap, &[u8]) -> Result<Value, String> + Send + Sync>;

/// A receiver; it ends with the test's runtime.
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    check: Check,
    taken: u16,
    script: Mutex<Script>,
    received: Mutex<Vec<Received>>,
}

impl Receiver {
    async fn start(taken: u16, check: impl Fn(&str) -> Check) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script: Script = Box::new(|_| Reply::Take);
        let shared = Arc::new(Shared {
            check: check(&url),
            taken,
            script: Mutex::new(script),
            received: Mutex::default(),
        });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared }
    }

    /// ntfy, with an access token if one is given.
    pub async fn ntfy(token: Option<&'static str>) -> Self {
        Self::start(200, |_| {
            Box::new(move |method, uri, headers, body| ntfy(token, method, uri, headers, body))
        })
        .await
    }

    pub async fn discord() -> Self {
        Self::start(204, |_| Box::new(discord)).await
    }

    /// A program behind a webhook that shares a secret with us.
    pub async fn webhook(secret: &'static str) -> Self {
        Self::start(200, |_| Box::new(move |method, _, headers, body| webhook(secret, method, headers, body)))
            .await
    }

    /// A push service with one device, whose subscription was made with this key.
    pub async fn push_service(device: Device, server_key: &str) -> Self {
        let server_key = URL_SAFE_NO_PAD.decode(server_key).unwrap();
        Self::start(201, move |origin| {
            let (device, server_key, origin) = (device.clone(), server_key.clone(), origin.to_owned());
            Box::new(move |method, _, headers, body| {
                push(&device, &server_key, &origin, method, headers, body)
            })
        })
        .await
    }

    /// Answers the n-th request (from 0) that is as it should be in this way.
    pub fn script(&self, script: impl FnMut(usize) -> Reply + Send + 'static) {
        *self.shared.script.lock().unwrap() = Box::new(script);
    }

    /// Everything that came, in order. Whatever was refused fails the test.
    pub fn received(&self) -> Vec<Received> {
        let received = self.shared.received.lock().unwrap().clone();
        for one in &received {
            assert_eq!(one.refused, "", "{} {:?}", one.path, one.body);
        }
        received
    }

    /// Waits for so many requests.
    pub async fn receive(&self, count: usize) -> Vec<Received> {
        until(&format!("{count} requests"), async || Some(self.received()).filter(|all| all.len() >= count))
            .await
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let at = Instant::now();
    let checked = (shared.check)(&method, &uri, &headers, &body);
    let (body, refused) = match checked {
        Ok(body) => (body, String::new()),
        Err(reason) => (Value::Null, reason),
    };
    let reply = {
        let mut received = shared.received.lock().unwrap();
        let path = uri.path().to_owned();
        let one = Received { at, path, headers, body, refused: refused.clone(), status: 0 };
        received.push(one);
        if refused.is_empty() {
            (shared.script.lock().unwrap())(received.len() - 1)
        } else {
            Reply::Status(400, Vec::new(), json!({ "code": 40000, "http": 400, "error": refused }))
        }
    };
    match reply {
        Reply::Take => StatusCode::from_u16(shared.taken).unwrap().into_response(),
        Reply::Status(status, headers, body) => {
            let mut response = axum::Json(body).into_response();
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in headers {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap());
            }
            response
        }
        Reply::Hang => {
            tokio::time::sleep(DEADLINE * 2).await;
            StatusCode::OK.into_response()
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, String> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or_else(|| format!("no {name}"))
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, String> {
    value[name].as_str().ok_or_else(|| format!("{name} is no text in {value}"))
}

fn is_web(address: &str) -> bool {
    reqwest::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// What ntfy's server checks when a message is published as JSON.
fn ntfy(
    token: Option<&str>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, String> {
    ensure(method == Method::POST && uri.path() == "/", "JSON is published by POST to the root")?;
    ensure(body.len() <= 32 * 1024, "the JSON is too large")?;
    let wanted = token.map(|token| format!("Bearer {token}"));
    let given = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    ensure(wanted == given, "unauthorized")?;
    let message: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    for name in message.as_object().ok_or("no object")?.keys() {
        let known = [
            "topic", "title", "message", "priority", "tags", "click", "icon", "actions", "attach",
            "markdown", "filename", "email", "call", "delay",
        ];
        ensure(known.contains(&name.as_str()), &format!("there is no field {name}"))?;
    }
    let topic = text(&message, "topic")?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    ensure((1..=64).contains(&topic.len()) && topic.chars().all(is_name), "topic invalid")?;
    ensure((1..=4096).contains(&text(&message, "message")?.len()), "the message would become an attachment")?;
    ensure(text(&message, "title")?.len() <= 1024, "the title is too long")?;
    ensure(matches!(message["priority"].as_i64(), Some(1..=5)), "priority invalid")?;
    let tags = message["tags"].as_array().ok_or("tags are a list")?;
    let length: usize = tags.iter().map(|tag| tag.as_str().map_or(1000, str::len)).sum();
    ensure(length <= 512, "the tags are too long")?;
    ensure(message["click"].is_null() || is_web(text(&message, "click")?), "click is no address")?;
    let none = Vec::new();
    let actions = message["actions"].as_array().unwrap_or(&none);
    ensure(actions.len() <= 3, "only 3 actions allowed")?;
    for action in actions {
        ensure(text(action, "action")? == "http", "action unknown")?;
        ensure(!text(action, "label")?.is_empty(), "parameter 'label' is required")?;
        ensure(is_web(text(action, "url")?), "parameter 'url' is required")?;
        ensure(text(action, "method")? == "POST" && !text(action, "body")?.is_empty(), "nothing is posted")?;
        let headers = action["headers"].as_object().ok_or("headers are an object")?;
        ensure(headers.values().all(Value::is_string), "headers are texts")?;
        ensure(action["clear"].is_boolean(), "clear is true or false")?;
    }
    Ok(message)
}

/// What Discord checks when a webhook is executed.
fn discord(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Value, String> {
    ensure(method == Method::POST && uri.path() == "/api/webhooks/1/s3cret-webhook", "Unknown Webhook")?;
    ensure(header(headers, "content-type")? == "application/json", "no JSON")?;
    let message: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    ensure(message["allowed_mentions"]["parse"] == json!([]), "somebody could be pinged")?;
    let name = text(&message, "username")?;
    ensure((1..=80).contains(&name.len()) && !name.contains("discord"), "username invalid")?;
    let embeds = message["embeds"].as_array().ok_or("embeds are a list")?;
    ensure((1..=10).contains(&embeds.len()), "Cannot send an empty message")?;
    let mut total = 0;
    let mut within = |text: &str, least: usize, most: usize, what: &str| {
        let units = text.encode_utf16().count();
        total += units;
        ensure((least..=most).contains(&units), &format!("{what} has {units} characters"))
    };
    for embed in embeds {
        within(text(embed, "title")?, 1, 256, "title")?;
        within(text(embed, "description")?, 1, 4096, "description")?;
        let fields = embed["fields"].as_array().ok_or("fields are a list")?;
        ensure(fields.len() <= 25, "too many fields")?;
        for field in fields {
            within(text(field, "name")?, 1, 256, "name")?;
            within(text(field, "value")?, 1, 1024, "value")?;
        }
        ensure(embed["url"].is_null() || is_web(text(embed, "url")?), "Not a well formed URL")?;
        ensure(embed["color"].as_u64().is_some_and(|color| color <= 0x00FF_FFFF), "color invalid")?;
        let at = text(embed, "timestamp")?;
        let format = &time::format_description::well_known::Rfc3339;
        ensure(time::OffsetDateTime::parse(at, format).is_ok(), "timestamp invalid")?;
    }
    ensure(total <= 6000, "the embeds are too long")?;
    Ok(message)
}

/// What whoever receives the webhook is told to check.
fn webhook(secret: &str, method: &Method, headers: &HeaderMap, body: &[u8]) -> Result<Value, String> {
    ensure(method == Method::POST, "no POST")?;
    let timestamp = header(headers, "x-ocweb-timestamp")?;
    let age =
        time::OffsetDateTime::now_utc().unix_timestamp() - timestamp.parse::<i64>().map_err(|_| "no time")?;
    ensure((-60..=60).contains(&age), "replayed")?;
    let signature = header(headers, "x-ocweb-signature")?.strip_prefix("sha256=").ok_or("no sha256")?;
    let bytes: Option<Vec<u8>> = (0..signature.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(signature.get(at..at + 2)?, 16).ok())
        .collect();
    let signed = [timestamp.as_bytes(), body].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, &signed, &bytes.ok_or("no hexadecimal")?).map_err(|_| "the signature is wrong")?;
    ensure(!header(headers, "x-ocweb-delivery")?.is_empty(), "no delivery")?;
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// A browser with its keys.
#[derive(Clone)]
pub struct Device {
    key: SecretKey,
    auth: [u8; 16],
}

impl Device {
    pub fn new(seed: u8) -> Self {
        Self { key: SecretKey::from_slice(&[seed; 32]).unwrap(), auth: [seed; 16] }
    }

    /// What the page posts.
    pub fn subscription(&self, endpoint: &str) -> Value {
        let public = self.key.public_key().to_encoded_point(false);
        json!({
            "endpoint": endpoint, "device": "Pixel",
            "keys": {
                "p256dh": URL_SAFE_NO_PAD.encode(public.as_bytes()), "auth": URL_SAFE_NO_PAD.encode(self.auth),
            },
        })
    }
}

/// What a push service checks (RFC 8030, 8292), and what the browser then does (RFC 8291).
fn push(
    device: &Device,
    server_key: &[u8],
    origin: &str,
    method: &Method,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, String> {
    ensure(method == Method::POST && body.len() <= 4096, "no message, or too large")?;
    ensure(header(headers, "ttl")?.parse::<u32>().is_ok(), "TTL invalid")?;
    let urgency = header(headers, "urgency")?;
    ensure(["very-low", "low", "normal", "high"].contains(&urgency), "Urgency invalid")?;
    let topic = header(headers, "topic")?;
    ensure(topic.len() <= 32 && URL_SAFE_NO_PAD.decode(topic).is_ok(), "Topic invalid")?;
    ensure(header(headers, "content-encoding")? == "aes128gcm", "the encoding is unknown")?;

    let authorization = header(headers, "authorization")?.strip_prefix("vapid ").ok_or("no vapid")?;
    let parameter = |name: &str| {
        let parts = authorization.split(',').filter_map(|part| part.trim().split_once('='));
        parts.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value).ok_or("incomplete vapid")
    };
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|error| error.to_string());
    let key = decode(parameter("k")?)?;
    ensure(key == server_key, "the subscription belongs to another key")?;
    let (signed, signature) = parameter("t")?.rsplit_once('.').ok_or("no JWT")?;
    let (head, claims) = signed.split_once('.').ok_or("no JWT")?;
    let json =
        |text: &str| serde_json::from_slice::<Value>(&decode(text)?).map_err(|error| error.to_string());
    ensure(json(head)? == json!({ "typ": "JWT", "alg": "ES256" }), "not ES256")?;
    let signature = Signature::from_slice(&decode(signature)?).map_err(|error| error.to_string())?;
    let verifying = VerifyingKey::from_sec1_bytes(&key).map_err(|error| error.to_string())?;
    verifying.verify(signed.as_bytes(), &signature).map_err(|_| "the signature is wrong")?;
    let claims = json(claims)?;
    ensure(claims["aud"] == origin, "for another audience")?;
    let life = claims["exp"].as_i64().ok_or("no exp")? - time::OffsetDateTime::now_utc().unix_timestamp();
    ensure((1..=24 * 3600).contains(&life), "expired, or valid for too long")?;
    let subject = text(&claims, "sub")?;
    ensure(subject.starts_with("mailto:") || subject.starts_with("https://"), "BadJwtToken")?;

    let auth = Auth::clone_from_slice(&device.auth);
    let payload =
        web_push_native::decrypt(body.to_vec(), &device.key, &auth).map_err(|error| error.to_string())?;
    serde_json::from_slice(&payload).map_err(|error| error.to_string())
}
